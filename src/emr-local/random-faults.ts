/** A fault plan from a seed: always the same for the same number. */
import { between, diceOf, pick } from '../dice.ts';
import type { Dice } from '../dice.ts';
import { faultPlanShape } from './fault-shapes.ts';
import type { FaultPlan, FaultPlanInput } from './fault-shapes.ts';

type FaultInput = NonNullable<FaultPlanInput['faults']>[number];
type EventInput = NonNullable<FaultPlanInput['events']>[number];

const CREATING = ['RunJobFlow', 'AddJobFlowSteps'] as const;
const OTHERS = ['ListSteps', 'ListClusters', 'DescribeCluster', 'CancelSteps', 'TerminateJobFlows'] as const;
const STATES = ['ListSteps', 'ListClusters', 'DescribeCluster'] as const;
const CODES = ['ThrottlingException', 'InternalServerException', 'ServiceUnavailableException'] as const;

/**
 * Three to eight faults, each of which a client can survive without help (none denies access or expires a key), and in
 * one plan of four an event that a cluster does not survive.
 */
export function randomFaultPlan(seed: number): FaultPlan {
  const dice = diceOf(seed);
  const faults = Array.from({ length: 3 + roll(dice, 6) }, () => randomFault(dice));
  const events = roll(dice, 4) === 0 ? [randomEvent(dice)] : [];
  return faultPlanShape.parse({ faults, events });
}

/** Half of the faults hit a call that creates something: those are the hard ones for a client. */
function randomFault(dice: Dice): FaultInput {
  const creating = roll(dice, 2) === 0;
  const on = creating ? pick(dice, CREATING) : pick(dice, OTHERS);
  const aim = { on, nth: 1 + roll(dice, creating ? 2 : 6), count: 1 + roll(dice, 2) };
  const code = pick(dice, CODES);
  const when = pick(dice, ['before', 'after'] as const);
  const seconds = 1 + roll(dice, 40);
  switch (roll(dice, 8)) {
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
      return { ...aim, fault: 'slow', ms: 100 * (1 + roll(dice, 20)) };
    default:
      if (creating) return { ...aim, fault: 'late', seconds };
      return {
        ...aim,
        on: pick(dice, STATES),
        ...pick(dice, [{ fault: 'stale' }, { fault: 'unknown-state' }]),
      };
  }
}

function randomEvent(dice: Dice): EventInput {
  return pick<EventInput>(dice, [
    { event: 'spot-loss', step: 1 + roll(dice, 2), after: roll(dice, 5) },
    { event: 'internal-error', after: roll(dice, 30) },
    { event: 'fleet-timeout' },
    { event: 'bootstrap-failure' },
    { event: 'validation-error' },
    { event: 'logs-never' },
  ]);
}

const roll = (dice: Dice, faces: number) => between(dice, 0, faces);
