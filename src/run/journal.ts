/** The journal of a run: the truth about it. Appending is create-if-absent, so two drivers never both succeed. */
import { LandfallError } from '../faults.ts';
import { JOURNAL_VERSION } from './entries.ts';
import type { Entry, Stamped } from './entries.ts';
import { keys } from './plan.ts';
import type { Clock, Objects, Random } from './ports.ts';
import { advance, begin } from './state.ts';
import type { RunState } from './state.ts';

export interface Journal {
  readonly run: string;
  readonly driver: string;
  /** As of the last append or refresh. */
  state(): RunState;
  /** Durable once it resolves. Throws `owned` when another driver has taken the run over meanwhile. */
  append(entry: Entry): Promise<RunState>;
  /** Reads what others appended; throws `owned` when one of them took the run over. */
  refresh(): Promise<RunState>;
}

interface Writer {
  objects: Objects;
  clock: Clock;
  random: Random;
  driver: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Starts a run: its first entry is the plan. Throws `owned` when the run id exists already. */
export async function createJournal(
  writer: Writer,
  entry: Extract<Entry, { entry: 'planned' }>,
): Promise<Journal> {
  const { run } = entry.plan;
  const first = stamp(writer, entry, 1);
  if (!(await write(writer.objects, run, first))) {
    throw new LandfallError('owned', `run ${run} exists already`, { next: `landfall attach ${run}` });
  }
  return journal(writer, run, begin(first));
}

/** Opens an existing run as this driver, without taking it over: append `taken-over` for that. */
export async function openJournal(writer: Writer, run: string): Promise<Journal> {
  return journal(writer, run, await readState(writer.objects, run));
}

/** Folds the whole journal of a run. Throws `input` when there is no such run. */
export async function readState(objects: Objects, run: string): Promise<RunState> {
  const first = await read(objects, run, 1);
  if (first === undefined) {
    throw new LandfallError('input', `no run ${run} in ${objects.uri}`, { next: 'landfall runs' });
  }
  return readOn(objects, run, begin(first));
}

/** The entries after number `after`, in order. */
export async function readEntries(objects: Objects, run: string, after: number): Promise<Stamped[]> {
  const entries: Stamped[] = [];
  for (;;) {
    const next = await read(objects, run, after + entries.length + 1);
    if (next === undefined) return entries;
    entries.push(next);
  }
}

async function readOn(objects: Objects, run: string, before: RunState): Promise<RunState> {
  let state = before;
  for (;;) {
    const next = await read(objects, run, state.length + 1);
    if (next === undefined) return state;
    state = advance(state, next);
  }
}

function journal(writer: Writer, run: string, initial: RunState): Journal {
  const { objects, driver } = writer;
  let state = initial;
  let claimed = initial.driver === driver;

  const absorb = (entry: Stamped) => {
    state = advance(state, entry);
    if (entry.driver === driver || entry.entry === 'cancel-requested') return;
    throw new LandfallError('owned', `run ${run} was taken over by driver ${entry.driver}`, {
      stand: ['this driver has stopped; nothing was cancelled'],
      next: `landfall attach ${run}`,
    });
  };
  const append = async (entry: Entry): Promise<RunState> => {
    if (
      !claimed &&
      entry.entry !== 'taken-over' &&
      entry.entry !== 'replanned' &&
      entry.entry !== 'cancel-requested'
    ) {
      throw new Error(`${entry.entry} appended to run ${run} without owning it`);
    }
    for (;;) {
      const stamped = stamp(writer, entry, state.length + 1);
      const created = await write(objects, run, stamped);
      const there = created ? stamped : await mustRead(objects, run, stamped.number);
      absorb(there);
      if (there.nonce !== stamped.nonce) continue;
      if (entry.entry !== 'cancel-requested') claimed = true;
      return state;
    }
  };
  const refresh = async (): Promise<RunState> => {
    for (;;) {
      const next = await read(objects, run, state.length + 1);
      if (next === undefined) return state;
      absorb(next);
    }
  };
  return { run, driver, state: () => state, append, refresh };
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

const keyOf = (run: string, number: number) => `${keys.journal(run)}${String(number).padStart(6, '0')}.json`;

function write(objects: Objects, run: string, entry: Stamped): Promise<boolean> {
  return objects.createIfAbsent(keyOf(run, entry.number), encoder.encode(`${JSON.stringify(entry)}\n`));
}

async function mustRead(objects: Objects, run: string, number: number): Promise<Stamped> {
  const entry = await read(objects, run, number);
  if (entry !== undefined) return entry;
  throw new LandfallError('internal', `${objects.uri}/${keyOf(run, number)} is taken and yet not there`);
}

/** Reads one entry; undefined past the end. Throws `input` on one that this version cannot understand. */
async function read(objects: Objects, run: string, number: number): Promise<Stamped | undefined> {
  const key = keyOf(run, number);
  const body = await objects.get(key);
  if (body === undefined) return undefined;
  const entry = parse(decoder.decode(body));
  if (entry === undefined) {
    throw new LandfallError('input', `${objects.uri}/${key} is not a journal entry`, {
      next: 'restore the object, or start a new run with landfall submit',
    });
  }
  if (entry.version > JOURNAL_VERSION) {
    throw new LandfallError(
      'input',
      `run ${run} was written by a newer Landfall (journal version ${entry.version})`,
      {
        next: 'upgrade Landfall and try again',
      },
    );
  }
  return entry;
}

function parse(text: string): Stamped | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const whole = typeof value === 'object' && value !== null && 'entry' in value && 'version' in value;
    return whole ? (value as Stamped) : undefined;
  } catch {
    return undefined;
  }
}
