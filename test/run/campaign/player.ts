/** Plays a schedule to its end, and then starts further drivers until every run that began has landed. */
import { readState } from '../../../src/run/read-journal.ts';
import { LandfallError } from '../../../src/faults.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { command } from './commands.ts';
import { atTheEnd, broken } from './invariants.ts';
import { Interruption, startProcess } from './process.ts';
import type { Process } from './process.ts';
import type { Schedule, Verb } from './schedule.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

/** Longer than any play that ends. */
const FOR_EVER_MS = 20 * 24 * 3_600_000;
/** This many drivers of a run meet faults; later ones do not. */
const DRIVERS_WITH_FAULTS = 5;
const ENOUGH = 14;

interface Cast {
  world: World;
  processes: Process[];
}

/** Sentences about the violated invariants; empty if there are none. */
export async function play(schedule: Schedule): Promise<string[]> {
  const world = createWorld(schedule);
  const never = world.clock.sleep(FOR_EVER_MS).then(() => 'never' as const);
  const cast: Cast = { world, processes: [] };
  const played = await Promise.race([perform(cast), never]);
  if (played !== 'never') return played;
  for (const process of cast.processes) process.end();
  return [`the play does not end; the last that happened: ${JSON.stringify(world.trace.at(-1))}`];
}

async function perform(cast: Cast): Promise<string[]> {
  const { world } = cast;
  const { troubles } = world.schedule;
  await Promise.all([
    act(cast, 'submit', 'r1'),
    ...troubles.map(async (trouble) => {
      if (trouble.trouble !== 'come') return;
      await world.clock.sleep(trouble.at);
      await act(cast, trouble.verb, trouble.run, trouble.takeOver);
    }),
  ]);
  await Promise.all(['r1', 'r2'].map((run) => driveUntilLanded(cast, run)));
  await world.clock.sleep(3_600_000);
  world.calmDown();
  const complaints = await broken(world);
  return [...complaints, ...(await atTheEnd(world, (run) => act(cast, 'attach', run)))];
}

/** Starts one driver after another until the run has landed. */
async function driveUntilLanded(cast: Cast, run: string): Promise<void> {
  const { world } = cast;
  const { fraction } = seededRandom(world.schedule.seed + 1);
  for (let round = 0; round < ENOUGH; round += 1) {
    if (round === DRIVERS_WITH_FAULTS) world.calmDown();
    const verb = await needed(world, run);
    if (verb === undefined) return;
    await world.clock.sleep(Math.floor(fraction() * 200_000));
    await act(cast, verb, run);
  }
}

async function needed({ store }: World, run: string): Promise<Verb | undefined> {
  if ((await store.head(`_landfall/runs/${run}/journal/000001.json`)) === undefined)
    return run === 'r1' ? 'submit' : undefined;
  const { finished, mirrored } = await readState(store, run);
  if (finished === undefined || (finished.verdict === 'succeeded' && !mirrored)) return 'attach';
  return finished.verdict === 'succeeded' ? undefined : 'retry';
}

/** One process, from its start to its end. */
async function act(cast: Cast, verb: Verb, run: string, takeOver = false): Promise<void> {
  const { world, processes } = cast;
  const number = processes.length + 1;
  const name = `p${String(number)}`;
  const strikes = world.schedule.troubles.flatMap((one) =>
    one.trouble === 'strike' && one.process === number ? [one] : [],
  );
  const process = startProcess(name, world.clock, strikes, world.isCalm, (strike) =>
    world.record({
      traced: 'struck',
      by: name,
      run,
      strike,
      owns: world.ownerOf(run)?.owner === name,
    }),
  );
  processes.push(process);
  const told: string[] = [];
  const work = command(world, verb, takeOver, {
    process,
    run,
    isDead: ({ driver }) =>
      world.schedule.sameHost && processes.some((other) => other.name === driver && other.isDead()),
    emit: (event) => {
      if (event.event === 'warning') told.push(event.message);
    },
  });
  const how = await Promise.race([
    work.then(
      () => 'returned',
      (error: unknown) => endOf(error, told),
    ),
    process.killed.then(() => 'killed'),
  ]);
  process.end();
  world.record({ traced: 'ended', by: process.name, run, verb, how, told });
}

/** The fault it ended with; `interrupted`; or an unexpected error. */
function endOf(error: unknown, told: string[]): string {
  if (error instanceof Interruption) return 'interrupted';
  if (error instanceof LandfallError) {
    told.push(error.message, ...error.why);
    return error.fault;
  }
  return `broken: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
