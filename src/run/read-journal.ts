/** Reading journals. Each entry is checked before it is believed, and a gap is damage, not the end. */
import { z } from 'zod';
import { LandfallError } from '../faults.ts';
import { readJson } from '../json-text.ts';
import { entryNumber, keys, mostBytes } from '../lake/layout.ts';
import { advise, commandAt } from '../shell-words.ts';
import { damaged, notAnEntry } from './damaged.ts';
import { JOURNAL_VERSION } from './entries.ts';
import type { Stamped } from './entries.ts';
import { isEntryKind, problemOf } from './entry-shapes.ts';
import { fold, follow } from './fold.ts';
import type { Objects } from './ports.ts';
import { beingRemoved } from './remains.ts';
import { begin } from './advance.ts';
import type { RunState } from './state.ts';

/**
 * Folds the whole journal of a run. Throws `input` when there is no such run, or it is being removed, or its journal is
 * damaged.
 */
export async function readState(objects: Objects, run: string): Promise<RunState> {
  const [first, ...more] = await readJournal(objects, run);
  if (first === undefined) {
    throw new LandfallError('input', `no run ${run} in ${objects.uri}`, {
      next: commandAt(objects.uri, 'runs'),
    });
  }
  const state = fold(objects, [first, ...more]);
  if (state.removing === true) throw beingRemoved(objects, run);
  return state;
}

/** The run as it stood when it last had that publication number in its plan; undefined when it never had. */
export async function readStateOfPublication(
  objects: Objects,
  run: string,
  publication: number,
): Promise<RunState | undefined> {
  let state: RunState | undefined;
  let found: RunState | undefined;
  for (const entry of await readJournal(objects, run)) {
    state = state === undefined ? begin(entry) : follow(objects, state, entry);
    if (state.plan.publication === publication) found = state;
  }
  return found;
}

/** All entries of a run, in order; none when there is no such run. Throws `input` when one is missing before the last. */
export async function readJournal(objects: Objects, run: string): Promise<Stamped[]> {
  const entries = await readEntries(objects, run, 0);
  for (;;) {
    const last = await lastListed(objects, run);
    if (last <= entries.length) return entries;
    const more = await readEntries(objects, run, entries.length);
    if (more.length === 0) throw await gap(objects, run, { missing: entries.length + 1, last });
    entries.push(...more);
  }
}

/** The entries after number `after`, in order, as far as there is one after the other. */
export async function readEntries(objects: Objects, run: string, after: number): Promise<Stamped[]> {
  const entries: Stamped[] = [];
  for (;;) {
    const next = await readEntry(objects, run, after + entries.length + 1);
    if (next === undefined) return entries;
    entries.push(next);
  }
}

async function lastListed(objects: Objects, run: string): Promise<number> {
  let last = 0;
  for await (const { key } of objects.list(keys.journal(run)))
    last = Math.max(last, entryNumber(run, key) ?? 0);
  return last;
}

/** A journal is removed from its first entry on, and its last entry says so. */
async function gap(
  objects: Objects,
  run: string,
  { missing, last }: { missing: number; last: number },
): Promise<LandfallError> {
  if (missing === 1) {
    const entry = await readEntry(objects, run, last).catch(unlessDamaged);
    if (entry?.entry === 'removing') return beingRemoved(objects, run);
  }
  return damaged(objects, run, {
    what: `${objects.uri}/${keys.entry(run, missing)} is missing`,
    why: `entry ${String(missing)} of the journal is not there, but entry ${String(last)} is`,
  });
}

function unlessDamaged(error: unknown): undefined {
  if (error instanceof LandfallError && error.fault === 'input') return undefined;
  throw error;
}

/** Reads one entry; undefined when it is not there. Throws `input` on one that this version cannot understand. */
export async function readEntry(objects: Objects, run: string, number: number): Promise<Stamped | undefined> {
  const key = keys.entry(run, number);
  const body = await objects.get(key, mostBytes.entry);
  if (body === undefined) return undefined;
  const { entry, problem } = parse(decoder.decode(body));
  if (entry !== undefined) refuseOtherVersion(objects, run, entry.version);
  const what = notAnEntry(objects, run, number);
  if (entry?.number !== number || (number === 1) !== (entry.entry === 'planned')) {
    const why = problem ?? `it is entry ${String(entry?.number)}, of kind ${String(entry?.entry)}`;
    throw damaged(objects, run, { what, why });
  }
  if (!isEntryKind(entry.entry)) {
    throw new LandfallError('input', `${objects.uri}/${key} is of a kind this version does not know`, {
      why: [entry.entry],
      next: 'upgrade Landfall and try again',
    });
  }
  const wrong = problemOf(entry.entry, run, entry);
  if (wrong !== undefined) throw damaged(objects, run, { what, why: wrong });
  return entry as unknown as Stamped;
}

/** Throws `input` for the journal of another version of Landfall: it is not damaged, but means something else. */
function refuseOtherVersion({ uri }: Objects, run: string, version: number): void {
  const writtenBy = (which: string) =>
    `run ${run} was written by ${which} Landfall (journal version ${String(version)})`;
  if (version > JOURNAL_VERSION)
    throw new LandfallError('input', writtenBy('a newer'), { next: 'upgrade Landfall and try again' });
  if (version > 0 && version < JOURNAL_VERSION)
    throw new LandfallError('input', writtenBy('an older'), {
      stand: ['nothing was changed; what the run had submitted continues'],
      next: advise`follow it with the Landfall that wrote it, or start a new run with ${commandAt(uri, 'submit')}`,
    });
}

const decoder = new TextDecoder();

const stampShape = z.looseObject({
  version: z.number().int(),
  number: z.number().int(),
  driver: z.string(),
  nonce: z.string(),
  at: z.iso.datetime(),
  entry: z.string(),
});

function parse(text: string): { entry?: z.infer<typeof stampShape>; problem?: string } {
  const json = readJson(text);
  if ('problem' in json) return { problem: `${String(text.length)} characters, ${json.problem}` };
  const { data, error } = stampShape.safeParse(json.value);
  return data === undefined ? { problem: z.prettifyError(error) } : { entry: data };
}
