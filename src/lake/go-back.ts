/** Rolls back to an older set of tables: one more entry of the publication log, with the files of an earlier one. */
import { atOnce } from '../at-once.ts';
import { LandfallError } from '../faults.ts';
import type { LandedFile } from '../run/verification.ts';
import { advise, commandAt } from '../shell-words.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { etagsOf, lossOf, rewriting } from './as-published.ts';
import { renumbered } from './landed.ts';
import { keys } from './layout.ts';
import { mirror } from './mirror.ts';
import { isMirrored } from './plain-paths.ts';
import { newestPublication, publish, readPublication } from './publication.ts';
import type { Publication } from './publication.ts';

export interface Rollback {
  /** The number that it will take. */
  number: number;
  /** The newest entry. */
  current: Publication;
  /** The entry whose files become current again. */
  target: Publication;
}

const HEADS_AT_ONCE = 16;
const SAMPLE = 5;

/**
 * What a rollback to entry `to` would do; if `to` is itself a rollback, it means the set that this went back to.
 * Without `to`: the set before the one whose files are current now, so that two rollbacks go back two sets and never
 * to one that was already rolled back. Throws `input` when there is no such entry, or it is current already.
 */
export async function planRollback(store: Store, to?: number): Promise<Rollback> {
  const current = await newestPublication(store);
  if (current === undefined) throw nothingPublished(store);
  const inEffect = effective(current);
  const wanted = to ?? inEffect - 1;
  const next =
    inEffect === 1 && current.number === 1
      ? advise`${commandAt(store.uri, 'submit')} makes a new set`
      : `name one of 1 to ${String(current.number)} whose tables are not those of ${String(inEffect)}`;
  const refused = (message: string, why: string[] = []) => new LandfallError('input', message, { why, next });
  if (wanted === 0) {
    throw refused(`there is nothing before publication ${String(inEffect)} to go back to`, [
      `it is the first in ${store.uri}`,
    ]);
  }
  const named = wanted > current.number ? undefined : await readPublication(store, wanted);
  if (named === undefined) {
    throw refused(`no publication ${String(wanted)}`, [
      `${uriOf(store, keys.publication(wanted))} is not there; the newest is number ${String(current.number)}`,
    ]);
  }
  if (effective(named) === inEffect) {
    throw refused(`the tables of publication ${String(wanted)} are the current ones`, [
      `the newest entry is ${uriOf(store, keys.publication(current.number))}`,
    ]);
  }
  const target = await readPublication(store, effective(named));
  if (target === undefined) {
    throw refused(`publication ${String(effective(named))} is missing`, [
      `${uriOf(store, keys.publication(effective(named)))}, whose files number ${String(wanted)} uses, is missing`,
    ]);
  }
  return { number: current.number + 1, current, target };
}

/** The entry whose files this one publishes. */
export function effective({ number, rollbackTo }: Pick<Publication, 'number' | 'rollbackTo'>): number {
  return rollbackTo ?? number;
}

export function nothingPublished(store: Store): LandfallError {
  return new LandfallError('input', `nothing was ever published in ${store.uri}`, {
    next: advise`${commandAt(store.uri, 'submit')}, or name the lake with --lake`,
  });
}

/**
 * Throws `tables` unless each file of the target still has the size and etag that it was published with. Returns
 * the addresses of files that were copied within a local lake, or with it, and have the published size and footer.
 */
export async function checkFiles(store: Store, { number, tables }: Publication): Promise<string[]> {
  const files = tables.flatMap((table) => table.files);
  const etags = etagsOf(tables);
  const copied: string[] = [];
  const mistakeOf = async (file: LandedFile): Promise<string | undefined> => {
    const there = await store.head(file.key);
    const loss = lossOf(store, file, there);
    if (loss !== undefined || there === undefined) return loss;
    const how = await rewriting(store, etags, file, there);
    if (how === 'copied') copied.push(uriOf(store, file.key));
    return how === 'rewritten' ? `${uriOf(store, file.key)} was rewritten` : undefined;
  };
  const wrong = await atOnce(HEADS_AT_ONCE, files, mistakeOf);
  const mistakes = wrong.filter((one) => one !== undefined);
  if (mistakes.length === 0) return copied;
  throw new LandfallError(
    'tables',
    `${String(mistakes.length)} of the ${String(files.length)} files of publication ${String(number)} are not as they were published`,
    {
      why: mistakes.slice(0, SAMPLE),
      stand: ['nothing was changed'],
      next: 'choose another publication, or restore the files',
    },
  );
}

export interface GoingBack {
  /** As `planRollback` takes it. */
  to?: number | undefined;
  driver: string;
  /**
   * Called with the plan once it is known to be possible, and before it is carried out; `copied` is from
   * `checkFiles`.
   */
  announce: (plan: Rollback, copied: readonly string[]) => Promise<void>;
  /** Called once the files are current, before they are copied. */
  published: (plan: Rollback) => void;
  /** Retries the work when it fails for a transient reason. */
  lasting: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Plans, checks, publishes, mirrors. If the newest entry already is this rollback and has not reached the plain
 * paths, only copies it there (`unfinished`), so a rollback that was killed can be repeated.
 */
export async function goBack(
  store: Store,
  { to, driver, announce, published, lasting }: GoingBack,
): Promise<{ state: 'done' | 'unfinished'; plan: Rollback }> {
  const before = await lasting(() => unfinished(store, to));
  if (before !== undefined) {
    await lasting(() => mirror(store));
    return { state: 'unfinished', plan: before };
  }
  const plan = await lasting(() => planRollback(store, to));
  const copied = await lasting(() => checkFiles(store, plan.target));
  await announce(plan, copied);
  await lasting(() => rollBack(store, plan, driver));
  published(plan);
  await lasting(() => mirror(store));
  return { state: 'done', plan };
}

async function unfinished(store: Store, to: number | undefined): Promise<Rollback | undefined> {
  const newest = await newestPublication(store);
  if (newest?.rollbackTo === undefined) return undefined;
  const { rollbackTo } = newest;
  if ((to ?? rollbackTo) !== rollbackTo) return undefined;
  if (await isMirrored(store, newest)) return undefined;
  const [target = newest, current = newest] = [
    await readPublication(store, rollbackTo),
    await readPublication(store, newest.number - 1),
  ];
  return { number: newest.number, current, target };
}

/** Makes the target's files current, under the rollback's number. Throws `overtaken` when another run took that. */
export async function rollBack(store: Store, { number, target }: Rollback, driver: string): Promise<void> {
  const { run, number: rollbackTo, kept, madeOf } = target;
  const tables = renumbered(target.tables, { run, publication: number });
  const outcome = await publish(store, { number, run, driver, tables, kept, madeOf, rollbackTo });
  if (outcome === 'published') return;
  throw new LandfallError('overtaken', `another publication took number ${String(number)} meanwhile`, {
    stand: ['nothing was changed by this rollback'],
  });
}
