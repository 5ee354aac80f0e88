/** Random schedules of drivers that detach, drive and die, of lost answers and of lost clusters, decided by their seeds. */
import { expect, it } from '@jest/globals';
import type { StepReport } from '../../src/pipeline/report.ts';
import { readState } from '../../src/run/read-journal.ts';
import { dieAfterWrites, Killed } from '../support/dying-driver.ts';
import type { CreationFault } from '../support/creation-fault.ts';
import type { Loss } from '../support/fake-emr.ts';
import { detachRun, driveRun, fakeWorld, plan, startRun, takeOver } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';
import { scale } from '../support/scale.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEEDS = scale(40, 300);
const FAULTS: CreationFault[] = ['unsent', 'lost-before', 'lost-after', 'lost-late'];
const ENDS = ['FAILED', 'CANCELLED', 'INTERRUPTED'] as const;

interface Driver {
  detaches: boolean;
  /** After which of its journal writes it dies. */
  dies: number;
  /** How long there is no driver after it. */
  pauseMs: number;
}

interface Schedule {
  faults: (CreationFault | undefined)[];
  losses: (Loss | undefined)[];
  lateMs: number;
  stepMs: number;
  drivers: Driver[];
}

function scheduleOf(seed: number): Schedule {
  const { fraction } = seededRandom(seed);
  const below = (limit: number) => Math.floor(fraction() * limit);
  const maybe = <T>(chance: number, value: () => T) => (fraction() < chance ? value() : undefined);
  const stepMs = 5_000 + below(600_000);
  return {
    faults: Array.from({ length: 8 }, () => maybe(0.4, () => FAULTS[below(FAULTS.length)])),
    losses: Array.from({ length: 2 }, () =>
      maybe(0.4, () => ({
        afterMs: below(3 * stepMs),
        code: 'INSTANCE_FAILURE',
        running: ENDS[below(ENDS.length)]!,
      })),
    ),
    lateMs: 1_000 + below(170_000),
    stepMs,
    drivers: [
      ...Array.from({ length: below(4) }, () => ({
        detaches: fraction() < 0.6,
        dies: 1 + below(14),
        pauseMs: maybe(0.5, () => below(2 * stepMs)) ?? 0,
      })),
      { detaches: false, dies: Number.POSITIVE_INFINITY, pauseMs: 0 },
    ],
  };
}

/** Plays a schedule; returns the violations. */
async function play(seed: number, { faults, losses, lateMs, stepMs, drivers }: Schedule): Promise<string[]> {
  const world = fakeWorld(seed, {
    fault: (call) => faults[call - 1],
    loss: (cluster) => losses[cluster - 1],
    lateMs,
    stepMs,
    cancelAndWait: true,
  });
  for (const [at, driver] of drivers.entries()) {
    const revive = dieAfterWrites(world, driver.dies);
    try {
      await oneDriver(world, `driver-${String(at)}`, driver);
    } catch (error) {
      if (!(error instanceof Killed)) return [`driver ${String(at)} ended with ${String(error)}`];
    } finally {
      revive();
    }
    await world.clock.sleep(driver.pauseMs);
  }
  return broken(world);
}

async function oneDriver(world: FakeWorld, name: string, { detaches }: Driver): Promise<void> {
  const begun = await world.objects.head('_landfall/runs/r1/journal/000001.json');
  const its = { ...plan, retryInfrastructure: 3 };
  const journal = await (begun === undefined ? startRun(world, name, its) : takeOver(world, name));
  if (journal.state().finished !== undefined) return;
  await (detaches ? detachRun(world, journal) : driveRun(world, journal));
}

async function broken(world: FakeWorld): Promise<string[]> {
  const { attempts, finished } = await readState(world.objects, plan.run);
  const accepted = plan.steps.map(({ name }) =>
    (attempts[name] ?? []).flatMap(({ execution }) => execution ?? []),
  );
  const left = world.emr.liveClusters().filter(({ visible }) => visible <= world.clock.elapsed());
  const [[song = ''] = [], [log = ''] = []] = accepted;
  const body = world.objects.contents.get(`${log}/report.json`);
  const report = JSON.parse(new TextDecoder().decode(body) || '{}') as Partial<StepReport>;
  return [
    ...(finished?.verdict === 'succeeded' ? [] : [`the verdict is ${finished?.verdict ?? 'none'}`]),
    ...(world.published.length === 1 ? [] : [`published ${String(world.published.length)} times`]),
    ...(accepted.every(({ length }) => length === 1) ? [] : ['not one accepted execution of each step']),
    ...(report.upstreams?.['song_transform'] === `${plan.lake}/${song}` ? [] : ['another upstream was read']),
    ...(left.length === 0 ? [] : [`${String(left.length)} clusters left running`]),
  ];
}

it(`a run lands once under ${String(SEEDS)} random schedules of detached work, lost clusters and dying drivers`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const schedule = scheduleOf(seed);
    const complaints = await play(seed, schedule);
    expect({ seed, complaints, ...(complaints.length === 0 ? {} : { schedule }) }).toEqual({
      seed,
      complaints: [],
    });
  }
}, 120_000);
