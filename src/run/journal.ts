/** The journal of a run: the truth about it. Appending is create-if-absent, so two drivers never both succeed. */
import { LandfallError } from '../faults.ts';
import { commandAt } from '../shell-words.ts';
import { FROM_ANYONE, FROM_OUTSIDE, JOURNAL_VERSION } from './entries.ts';
import type { Entry, Stamped } from './entries.ts';
import { follow } from './fold.ts';
import { keys } from '../lake/layout.ts';
import type { Clock, Objects, Random } from './ports.ts';
import { readEntry, readState } from './read-journal.ts';
import { retry } from './with-retry.ts';
import { beingRemoved, refuseRemains } from './remains.ts';
import { begin } from './advance.ts';
import type { RunState } from './state.ts';

export interface Journal {
  readonly run: string;
  readonly driver: string;
  /** As of the last append or refresh. */
  state(): RunState;
  /** Durable once it resolves. Throws `owned` when another driver has taken the run over meanwhile. */
  append(entry: Entry): Promise<RunState>;
  /**
   * Appends a verdict if the run has none yet. Returns false, and writes nothing, when it has one, or when the
   * verdict is `cancelled` and the run has begun to publish.
   */
  conclude(verdict: Extract<Entry, { entry: 'finished' }>): Promise<boolean>;
  /** Reads what others appended; throws `owned` when one of them took the run over. */
  refresh(): Promise<RunState>;
}

interface Writer {
  objects: Objects;
  clock: Clock;
  random: Random;
  driver: string;
  /** Stops waiting for a store that does not answer. */
  signal?: AbortSignal;
  /** Called while the store does not answer, at most once a minute. */
  note?: (message: string) => void;
}

const encoder = new TextEncoder();

/**
 * Starts a run: its first entry is the plan. Throws `owned` when the run id exists already, `input` when a run of
 * that id is half removed.
 */
export async function createJournal(
  writer: Writer,
  entry: Extract<Entry, { entry: 'planned' }>,
): Promise<Journal> {
  const { run } = entry.plan;
  await lasting(writer, () => refuseRemains(writer.objects, run));
  const first = stamp(writer, entry, 1);
  if ((await place(writer, run, first)).nonce !== first.nonce) {
    throw new LandfallError('owned', `run ${run} exists already`, {
      next: commandAt(writer.objects.uri, 'attach', run),
    });
  }
  return journal(writer, run, begin(first));
}

/** Opens an existing run as this driver, without taking it over: append `taken-over` for that. */
export async function openJournal(writer: Writer, run: string): Promise<Journal> {
  return journal(writer, run, await readState(writer.objects, run));
}

function journal(writer: Writer, run: string, initial: RunState): Journal {
  const { driver } = writer;
  let state = initial;
  let claimed = initial.driver === driver;
  let lost: LandfallError | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Runs appends one after another: an interruption may append while the work does. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
  /** Folds an entry read from the store; remembers for good when it gives the run to another driver. */
  const absorb = (entry: Stamped, ours?: Entry) => {
    state = follow(writer.objects, state, entry);
    if (entry.driver === driver) return;
    const removing = entry.entry === 'removing';
    const isRequest = FROM_ANYONE.includes(entry.entry) && ours?.entry !== 'removing';
    const needsNoLease = !claimed && (ours === undefined || FROM_ANYONE.includes(ours.entry));
    if (!removing && (isRequest || needsNoLease)) return;
    lost = removing ? beingRemoved(writer.objects, run) : overtaken(run, entry.driver);
    throw lost;
  };
  /** Undefined when `needless` holds of the state that the entry would follow. */
  const append = async (
    entry: Entry,
    needless: (before: RunState) => boolean = () => false,
  ): Promise<RunState | undefined> => {
    if (lost !== undefined) throw lost;
    if (!claimed && !FROM_OUTSIDE.includes(entry.entry)) {
      throw new Error(`${entry.entry} appended to run ${run} without owning it`);
    }
    for (;;) {
      if (needless(state)) return undefined;
      const stamped = stamp(writer, entry, state.length + 1);
      const there = await place(writer, run, stamped);
      absorb(there, entry);
      if (there.nonce !== stamped.nonce) continue;
      if (!FROM_ANYONE.includes(entry.entry)) claimed = true;
      return state;
    }
  };
  const refresh = async (): Promise<RunState> => {
    for (;;) {
      if (lost !== undefined) throw lost;
      const next = await lasting(writer, () => readEntry(writer.objects, run, state.length + 1));
      if (next === undefined) return state;
      absorb(next);
    }
  };
  return {
    run,
    driver,
    state: () => state,
    append: async (entry) => (await inTurn(() => append(entry))) ?? state,
    conclude: (verdict) => {
      const late = ({ finished, publishing }: RunState) =>
        finished !== undefined || (publishing && verdict.verdict === 'cancelled');
      return inTurn(async () => (await append(verdict, late)) !== undefined);
    },
    refresh: () => inTurn(refresh),
  };
}

function overtaken(run: string, driver: string): LandfallError {
  return new LandfallError('owned', `run ${run} was taken over by driver ${driver}`, {
    stand: ['this driver has stopped; nothing was cancelled'],
  });
}

/** Writes the entry at its number and returns what stands there now: this entry, or the one that was faster. */
async function place(writer: Writer, run: string, entry: Stamped): Promise<Stamped> {
  return lasting(writer, async () => {
    const created = await write(writer.objects, run, entry);
    return created ? entry : mustRead(writer.objects, run, entry.number);
  });
}

/**
 * Appends outlast a store that is unavailable for a while: the nonce shows that an entry is our own repeated write.
 */
function lasting<T>(
  { clock, random, signal, note = () => undefined }: Writer,
  work: () => Promise<T>,
): Promise<T> {
  return retry({ clock, random, note, ...(signal === undefined ? {} : { signal }) }, work);
}

function stamp({ driver, random, clock }: Writer, entry: Entry, number: number): Stamped {
  return {
    version: JOURNAL_VERSION,
    number,
    driver,
    nonce: random.hex(8),
    at: clock.now().toISOString(),
    ...entry,
  };
}

function write(objects: Objects, run: string, entry: Stamped): Promise<boolean> {
  return objects.createIfAbsent(keys.entry(run, entry.number), encoder.encode(`${JSON.stringify(entry)}\n`));
}

async function mustRead(objects: Objects, run: string, number: number): Promise<Stamped> {
  const entry = await readEntry(objects, run, number);
  if (entry !== undefined) return entry;
  throw new LandfallError(
    'internal',
    `${objects.uri}/${keys.entry(run, number)} is taken, but cannot be read`,
  );
}
