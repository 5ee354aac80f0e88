/** One random schedule of lost answers and dying drivers on a virtual clock, decided by its seed alone. */
import { readState } from '../../src/run/journal.ts';
import { driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import type { CreationFault } from '../support/fake-emr.ts';
import { seededRandom } from '../support/seeded-random.ts';

export interface Schedule {
  /** By creating call, from 1. */
  faults: (CreationFault | undefined)[];
  /** How long an effect of `lost-late` stays hidden. */
  lateMs: number;
  stepMs: number;
  /** After which of its journal writes each driver dies; the last driver lives. */
  deaths: number[];
}

const FAULTS: CreationFault[] = ['unsent', 'lost-before', 'lost-after', 'lost-late'];

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const { fraction } = seededRandom(seed);
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    faults: Array.from({ length: 8 }, () => (fraction() < 0.4 ? FAULTS[below(FAULTS.length)] : undefined)),
    lateMs: 1_000 + below(170_000),
    stepMs: 5_000 + below(3_600_000),
    deaths: Array.from({ length: below(4) }, () => 1 + below(14)),
  };
}

/** Plays a schedule; the sentences that say which invariants it broke, empty when none. */
export async function play(seed: number, { faults, lateMs, stepMs, deaths }: Schedule): Promise<string[]> {
  const world = fakeWorld(seed, { fault: (call) => faults[call - 1], lateMs, stepMs });
  const drivers = [...deaths, Number.POSITIVE_INFINITY];
  for (const [at, writes] of drivers.entries()) {
    const revive = dieAfter(world, writes);
    try {
      await oneDriver(world, at);
    } catch (error) {
      if (!(error instanceof Killed)) return [`driver ${String(at)} ended with ${String(error)}`];
    } finally {
      revive();
    }
  }
  return broken(world);
}

async function oneDriver(world: FakeWorld, at: number): Promise<void> {
  const begun = await world.objects.head('_landfall/runs/r1/journal/000001.json');
  const name = `driver-${String(at)}`;
  await driveRun(world, begun === undefined ? await startRun(world, name) : await takeOver(world, name));
}

class Killed extends Error {}

/** Everything the driver does fails once it has written so often to the journal. Returns what brings the world back. */
function dieAfter(world: FakeWorld, limit: number): () => void {
  const { objects, emr } = world;
  const before = { objects: { ...objects }, emr: { ...emr } };
  let writes = 0;
  const whileAlive =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      if (writes >= limit) throw new Killed();
      return work(...args);
    };
  objects.get = whileAlive(before.objects.get);
  objects.put = whileAlive(before.objects.put);
  objects.head = whileAlive(before.objects.head);
  objects.createIfAbsent = async (key, body) => {
    if (writes >= limit) throw new Killed();
    const created = await before.objects.createIfAbsent(key, body);
    if (key.includes('/journal/')) writes += 1;
    if (writes >= limit) throw new Killed();
    return created;
  };
  emr.launch = whileAlive(before.emr.launch);
  emr.addSteps = whileAlive(before.emr.addSteps);
  return () => {
    Object.assign(objects, before.objects);
    Object.assign(emr, before.emr);
  };
}

async function broken(world: FakeWorld): Promise<string[]> {
  const { attempts, finished } = await readState(world.objects, plan.run);
  const complaints: string[] = [];
  if (finished?.verdict !== 'succeeded') complaints.push(`the verdict is ${finished?.verdict ?? 'none'}`);
  if (world.published.length !== 1) complaints.push(`published ${String(world.published.length)} times`);
  for (const { name } of plan.steps) {
    const accepted = (attempts[name] ?? []).filter(({ execution }) => execution !== undefined);
    if (accepted.length !== 1) complaints.push(`${String(accepted.length)} accepted executions of ${name}`);
  }
  const [ours] = world.emr.clusters;
  const visible = world.emr.liveClusters().filter(({ visible: since }) => since <= world.clock.elapsed());
  if (ours === undefined || visible.length > 0)
    complaints.push(`${String(visible.length)} clusters left running`);
  return complaints;
}

/** The schedule with everything taken out that is not needed to break an invariant. */
export async function shrink(seed: number, schedule: Schedule): Promise<Schedule> {
  const smaller: Schedule[] = [
    ...schedule.deaths.map((_, at) => ({ ...schedule, deaths: schedule.deaths.toSpliced(at, 1) })),
    ...schedule.faults.flatMap((fault, at) =>
      fault === undefined ? [] : [{ ...schedule, faults: schedule.faults.with(at, undefined) }],
    ),
  ];
  for (const candidate of smaller) {
    if ((await play(seed, candidate)).length > 0) return shrink(seed, candidate);
  }
  return schedule;
}
