/** Makes the tables of an earlier publication current again. */
import { counted } from '../counted.ts';
import { LandfallError } from '../faults.ts';
import type { RollbackSummary } from '../report/format-rollback.ts';
import { openJournal } from '../run/journal.ts';
import { retry } from '../run/with-retry.ts';
import type { Publication } from '../lake/publication.ts';
import type { Rollback } from '../lake/go-back.ts';
import { advise, commandAt, spoken } from '../shell-words.ts';
import type { Store } from '../store/store.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { usage } from '../cli/arguments.ts';
import { openLake } from './compose.ts';
import { refuseUnknownObjects } from './prepare.ts';
import { configureLake } from './configure.ts';
import { retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';
import type { RollbackFlags } from '../cli/lake-verbs.ts';

export async function rollBack(flags: RollbackFlags, cli: CliContext): Promise<RollbackSummary> {
  const to = numberOf(flags.number);
  const store = await openLake(configureLake(flags, cli), cli);
  if (flags['dry-run'] !== true) refuseForeignLake(store, flags, cli);
  const { checkFiles, goBack, planRollback } = await import('../lake/go-back.ts');
  const { clock, random, printer } = cli;
  const lasting = <T>(work: () => Promise<T>) => retry(retryPolicyOf(cli), work);
  const refuseUnknown = ({ current, target }: Rollback) =>
    lasting(() =>
      refuseUnknownObjects(
        store,
        target.tables.map(({ table }) => table),
        current,
      ),
    );
  if (flags['dry-run'] === true) {
    const plan = await lasting(() => planRollback(store, to));
    sayCopied(cli, await lasting(() => checkFiles(store, plan.target)));
    await refuseUnknown(plan);
    const next = spoken(commandAt(store.uri, 'rollback', String(plan.target.number)), cli.invocation);
    return { ...summaryOf(store, plan, 'planned'), next };
  }
  const driver = random.hex(8);
  const announce = async (plan: Rollback, copied: readonly string[]) => {
    await refuseUnknown(plan);
    sayCopied(cli, copied);
    const journal = await openJournal({ objects: store, clock, random, driver }, plan.target.run);
    await journal.append({ entry: 'rollback-intent', publication: plan.number });
  };
  const published = ({ number }: Rollback) => {
    printer.emit({ event: 'published', number });
    printer.emit({ event: 'phase-started', phase: 'mirror' });
  };
  const { state, plan } = await goBack(store, { to, driver, announce, published, lasting }).catch(
    (error: unknown) => {
      throw error instanceof LandfallError && error.fault === 'overtaken' ? again(error, store, to) : error;
    },
  );
  return summaryOf(store, plan, state);
}

function sayCopied({ printer }: CliContext, copied: readonly string[]): void {
  const [first] = copied;
  if (first === undefined) return;
  printer.emit({
    event: 'warning',
    message: `${counted(copied.length, 'file')} copied or rewritten since publication, such as ${first}, with the published sizes and footers`,
  });
}

function again(error: LandfallError, { uri }: Store, to: number | undefined): LandfallError {
  const { fault, message, stand } = error;
  const rollback = commandAt(uri, 'rollback', ...(to === undefined ? [] : [String(to)]));
  const next = advise`look at it with ${commandAt(uri, 'verify')}, then ${rollback}`;
  return new LandfallError(fault, message, { stand, next });
}

function summaryOf(
  store: Store,
  { number, current, target }: Rollback,
  state: RollbackSummary['state'],
): RollbackSummary {
  const before = (name: string) => current.tables.find(({ table }) => table === name);
  const tables = target.tables.map(({ table, rows, bytes, files }) => {
    const replaced = before(table);
    const landed = { table, rows, bytes, files: files.length, path: `${store.uri}/${table}` };
    return replaced === undefined ? landed : { ...landed, rowsBefore: replaced.rows };
  });
  return {
    state,
    number,
    rollbackTo: target.number,
    run: target.run,
    publishedAt: target.publishedAt,
    tables,
    removed: removed(current, target),
  };
}

function removed(current: Publication, target: Publication): string[] {
  const names = current.tables.map(({ table }) => table);
  return names.filter((name) => !target.tables.some(({ table }) => table === name));
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`${JSON.stringify(text)} is not the number of a publication`);
}
