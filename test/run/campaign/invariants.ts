/** What must hold after every play, whatever went wrong in it. Each check returns sentences about violations. */
import { readState } from '../../../src/run/read-journal.ts';
import { intents, late, patience, promptly, resent, strangers } from './call-invariants.ts';
import { log, mirror, published } from './landed-invariants.ts';
import { leftRunning, duplicates } from './leftover-invariants.ts';
import { overQuota } from './quota.ts';
import { runsOf } from './trace.ts';
import { causesOfVerdicts, endings, journalOf, verdicts } from './verdict-invariants.ts';
import type { World } from './world.ts';

/** All violations once every run has landed. */
export async function broken(world: World): Promise<string[]> {
  const runs = runsOf(world.trace);
  const complaints: string[] = [];
  for (const run of runs) {
    const state = await readState(world.store, run);
    complaints.push(
      ...(await journalOf(world, run, state)),
      ...verdicts(world, run, state),
      ...(await published(world, run, state)),
      ...intents(world, run),
      ...causesOfVerdicts(world, run),
    );
  }
  return [
    ...complaints,
    ...(await log(world)),
    ...(await mirror(world)),
    ...endings(world),
    ...leftRunning(world),
    ...duplicates(world),
    ...late(world),
    ...promptly(world),
    ...resent(world),
    ...patience(world),
    ...strangers(world),
    ...overQuota(world),
  ];
}

/** Violations when every verb looks at the finished runs again: nothing may change then. */
export async function atTheEnd(world: World, attach: (run: string) => Promise<void>): Promise<string[]> {
  const before = world.trace.length;
  const runs = runsOf(world.trace);
  for (const run of runs) await attach(run);
  const after = world.trace.slice(before);
  const did = after.filter((one) => one.traced !== 'ended');
  const ends = after.flatMap((one) => (one.traced === 'ended' && one.how !== 'returned' ? [one.how] : []));
  return [
    ...did.map((one) => `attaching to a finished run did something: ${JSON.stringify(one)}`),
    ...ends.map((how) => `attaching to a finished run ended with ${how}`),
  ];
}
