/** Removing what nothing needs. It may be killed anywhere and run again. */
import { LandfallError } from '../faults.ts';
import { openJournal } from '../run/journal.ts';
import type { Clock, Random } from '../run/ports.ts';
import type { Store } from '../store/store.ts';
import { readRun, whyBusy, whyNeededSince } from './gc-plan.ts';
import type { GcChoice, Needed, Removal } from './gc-plan.ts';
import { entryNumber, keys } from './layout.ts';
import { dataOfRun, objectsOf } from './objects-of-run.ts';

export interface Gc extends Pick<GcChoice, 'isDead'> {
  store: Store;
  clock: Clock;
  random: Random;
  needed: Needed;
}

/**
 * Removes a run in an order that never leaves half a run. First its journal says `removing`, so that nobody
 * continues it. Then what it wrote is removed, then the journal's first entry, without which there is no run, then
 * the other entries. `removing` goes last: a later gc recognises the remains by it. Returns the reason when someone
 * changed the run meanwhile, and it was not removed.
 */
export async function removeRun(gc: Gc, run: string): Promise<string | undefined> {
  const refused = await announce(gc, run);
  if (refused !== undefined) return refused;
  const { ours } = await objectsOf(gc.store, { run }, gc.needed, await dataOfRun(gc.store, run));
  const numbered = ours.map(({ key }) => ({ key, number: entryNumber(run, key) ?? 0 }));
  const entries = numbered.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number);
  await gc.store.remove(numbered.filter(({ number }) => number === 0).map(({ key }) => key));
  const [first, ...rest] = entries.map(({ key }) => key);
  const last = rest.pop();
  for (const some of [first === undefined ? [] : [first], rest, last === undefined ? [] : [last]]) {
    if (some.length > 0) await gc.store.remove(some);
  }
  return undefined;
}

/** Writes `removing`, unless that was done, or the run no longer exists. */
async function announce(
  { store, clock, random, needed, isDead }: Gc,
  run: string,
): Promise<string | undefined> {
  if ((await store.head(keys.entry(run, 1))) === undefined) return undefined;
  const state = await readRun(store, run);
  if (state === 'removing') return undefined;
  if ('unreadable' in state) return `its journal cannot be read: ${state.unreadable}`;
  try {
    const journal = await openJournal({ objects: store, clock, random, driver: random.hex(8) }, run);
    const why =
      (await whyBusy(store, journal.state(), needed, isDead)) ?? (await whyNeededSince(store, run, needed));
    if (why === undefined) await journal.append({ entry: 'removing' });
    return why;
  } catch (error) {
    if (error instanceof LandfallError && (error.fault === 'owned' || error.fault === 'input'))
      return error.message;
    throw error;
  }
}

/** Removes one execution, its report first: without a report it does not count. */
export async function removeExecution({ store, needed }: Gc, execution: Removal): Promise<void> {
  const { ours } = await objectsOf(store, execution, needed, await dataOfRun(store, execution.run));
  const isData = (key: string) => key.startsWith(keys.data);
  const found = ours.map(({ key }) => key);
  await store.remove(found.filter((key) => !isData(key)));
  await store.remove(found.filter(isData));
}
