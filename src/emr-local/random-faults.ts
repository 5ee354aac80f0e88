/** A fault plan from a seed: always the same for the same number. */
import { faultPlanShape } from './fault-shapes.ts';
import type { FaultPlan, FaultPlanInput } from './fault-shapes.ts';

type FaultInput = NonNullable<FaultPlanInput['faults']>[number];
type EventInput = NonNullable<FaultPlanInput['events']>[number];
type Die = (faces: number) => number;

const CREATING = ['RunJobFlow', 'AddJobFlowSteps'] as const;
const OTHERS = ['ListSteps', 'ListClusters', 'DescribeCluster', 'CancelSteps', 'TerminateJobFlows'] as const;
const STATES = ['ListSteps', 'ListClusters', 'DescribeCluster'] as const;
const CODES = ['ThrottlingException', 'InternalServerException', 'ServiceUnavailableException'] as const;

/**
 * Three to eight faults, each of which a client can survive without help (none denies access or expires a key), and in
 * one plan of four an event that a cluster does not survive.
 */
export function randomFaultPlan(seed: number): FaultPlan {
  const roll = dice(seed);
  const faults = Array.from({ length: 3 + roll(6) }, () => randomFault(roll));
  const events = roll(4) === 0 ? [randomEvent(roll)] : [];
  return faultPlanShape.parse({ faults, events });
}

/** Half of the faults strike a call that creates something: it is those that tell a good client. */
function randomFault(roll: Die): FaultInput {
  const creating = roll(2) === 0;
  const on = creating ? pick(roll, CREATING) : pick(roll, OTHERS);
  const aim = { on, nth: 1 + roll(creating ? 2 : 6), count: 1 + roll(2) };
  const code = pick(roll, CODES);
  const when = pick(roll, ['before', 'after'] as const);
  const seconds = 1 + roll(40);
  switch (roll(8)) {
    case 0:
      return { ...aim, fault: 'error-before', code };
    case 1:
      return { ...aim, fault: 'error-after', code };
    case 2:
      return { ...aim, fault: 'reset-before' };
    case 3:
      return { ...aim, fault: 'reset-after' };
    case 4:
      return { ...aim, fault: 'hang', when, seconds };
    case 5:
      return { ...aim, fault: 'truncate' };
    case 6:
      return { ...aim, fault: 'slow', ms: 100 * (1 + roll(20)) };
    default:
      if (creating) return { ...aim, fault: 'late', seconds };
      return {
        ...aim,
        on: pick(roll, STATES),
        ...pick(roll, [{ fault: 'stale' }, { fault: 'unknown-state' }]),
      };
  }
}

function randomEvent(roll: Die): EventInput {
  return pick<EventInput>(roll, [
    { event: 'spot-loss', step: 1 + roll(2), after: roll(5) },
    { event: 'internal-error', after: roll(30) },
    { event: 'fleet-timeout' },
    { event: 'bootstrap-failure' },
    { event: 'validation-error' },
    { event: 'logs-never' },
  ]);
}

function pick<T>(roll: Die, from: readonly [T, ...T[]]): T {
  return from[roll(from.length)] ?? from[0];
}

/** Whole numbers from 0 to below `faces`: mulberry32. */
function dice(seed: number): Die {
  let state = seed >>> 0;
  return (faces) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * faces);
  };
}
