/** `landfall rollback`: make the tables of an earlier publication current again. */
import { LandfallError } from '../faults.ts';
import { formatRollback } from '../report/rollback.ts';
import type { RollbackSummary } from '../report/rollback.ts';
import { commandAt } from '../report/standing.ts';
import { openJournal } from '../run/journal.ts';
import { patiently } from '../run/reading.ts';
import type { Publication } from '../lake/publication.ts';
import type { Rollback } from '../lake/rollback.ts';
import type { Store } from '../store/store.ts';
import { usage } from './arguments.ts';
import { openLake } from './compose.ts';
import { refuseUnknownObjects } from './prepare.ts';
import { configureLake } from './settings.ts';
import { noteTo, textFlag } from './world.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const to = numberOf(textFlag(flags, 'number'));
  const store = await openLake(configureLake(flags, world));
  const { checkFiles, planRollback, rollBack } = await import('../lake/rollback.ts');
  const { clock, random } = world;
  const lasting = <T>(work: () => Promise<T>) =>
    patiently({ clock, random, signal: world.interrupted, note: noteTo(world) }, work);
  if (await finishedEarlier(store, to, world, lasting)) return;
  const plan = await lasting(() => planRollback(store, to));
  await lasting(() => checkFiles(store, plan.target));
  const tables = plan.target.tables.map(({ table }) => table);
  await lasting(() => refuseUnknownObjects(store, tables));
  if (flags['dry-run'] === true) {
    tell(world, summaryOf(store, plan, 'planned'));
    return;
  }
  const driver = random.hex(8);
  const journal = await openJournal({ objects: store, clock, random, driver }, plan.target.run);
  await journal.append({ entry: 'rollback-intent', publication: plan.number });
  await lasting(() => rollBack(store, plan, driver)).catch((error: unknown) => {
    throw error instanceof LandfallError && error.fault === 'overtaken' ? again(error, store, plan) : error;
  });
  world.printer.emit({ event: 'published', number: plan.number });
  await copy(store, world, lasting);
  tell(world, summaryOf(store, plan, 'done'));
}

type Lasting = <T>(work: () => Promise<T>) => Promise<T>;

/** True when the newest entry is such a rollback already and had not reached the plain paths: it has then. */
async function finishedEarlier(
  store: Store,
  to: number | undefined,
  world: World,
  lasting: Lasting,
): Promise<boolean> {
  const [{ newestPublication, readPublication }, { isMirrored }] = await Promise.all([
    import('../lake/publication.ts'),
    import('../lake/plain-paths.ts'),
  ]);
  const newest = await lasting(() => newestPublication(store));
  const { rollbackTo } = newest ?? {};
  if (newest === undefined || rollbackTo === undefined || (to ?? rollbackTo) !== rollbackTo) return false;
  if (await lasting(() => isMirrored(store, newest))) return false;
  await copy(store, world, lasting);
  const target = await readPublication(store, rollbackTo);
  const current = await readPublication(store, newest.number - 1);
  const plan = { number: newest.number, current: current ?? newest, target: target ?? newest };
  tell(world, summaryOf(store, plan, 'unfinished'));
  return true;
}

async function copy(store: Store, { printer }: World, lasting: Lasting): Promise<void> {
  const { mirror } = await import('../lake/mirror.ts');
  printer.emit({ event: 'phase-started', phase: 'mirror' });
  await lasting(() => mirror(store));
}

function again(error: LandfallError, { uri }: Store, { target }: Rollback): LandfallError {
  const { fault, message, stand } = error;
  const next = `look at it with ${commandAt(uri, 'verify')}, then ${commandAt(uri, 'rollback', String(target.number))}`;
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
    ...(state === 'planned' ? { next: commandAt(store.uri, 'rollback', String(target.number)) } : {}),
  };
}

function removed(current: Publication, target: Publication): string[] {
  const names = current.tables.map(({ table }) => table);
  return names.filter((name) => !target.tables.some(({ table }) => table === name));
}

function tell({ printer }: World, summary: RollbackSummary): void {
  printer.result(formatRollback(summary), summary);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`${JSON.stringify(text)} is not the number of a publication`);
}
