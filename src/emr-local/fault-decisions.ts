/** Which faults apply to a call. Pure: takes the plan and the calls counted so far, returns how to answer. */
import { present } from '../present.ts';
import type { ErrorCode, Fault } from './fault-shapes.ts';

/** What replaces the answer: `before` instead of the operation, `after` once it has run. */
export type Ending = { when: 'before' | 'after' } & (
  | { how: 'error'; code: ErrorCode; message?: string | undefined }
  /** `effectMs`, of a reset `before`: the operation is run all the same, so much later. */
  | { how: 'reset'; effectMs?: number }
  /** `before`: then the connection is reset; `after`: then the answer comes. */
  | { how: 'hang'; ms: number }
  /** Half of the body, then the end of the connection. */
  | { how: 'truncate' }
);

/** How one call is treated. Empty: without a fault. */
export interface Conduct {
  ending?: Ending;
  /** From the effect to the answer. */
  slowMs?: number;
  /** For how long lists do not show what the call creates. */
  lateMs?: number;
  /** The age of the records that the call is answered from. */
  staleMs?: number;
  /** Replaces every state in the answer. */
  unknownState?: string;
}

const CREATING = ['RunJobFlow', 'AddJobFlowSteps'];
const TELLING_STATES = ['DescribeCluster', 'ListClusters', 'DescribeStep', 'ListSteps'];

/** Whether a fault of that kind can happen to that operation; calls of others are not counted for it. */
export function applies(kind: Fault['fault'], operation: string): boolean {
  if (kind === 'late') return CREATING.includes(operation);
  if (kind === 'stale') return /^(Describe|List|Get)/.test(operation);
  if (kind === 'unknown-state') return TELLING_STATES.includes(operation);
  return true;
}

/**
 * Counts one call of `operation` and decides on it. `seen` is what the last decision returned, empty at first: the calls
 * that each fault has counted. Of the faults that decide how a call ends the first one in the plan wins; the others add up.
 */
export function decide(
  faults: readonly Fault[],
  seen: readonly number[],
  operation: string,
): { conduct: Conduct; seen: readonly number[] } {
  const matches = faults.map(
    ({ on, fault }) => (on === '*' || on === operation) && applies(fault, operation),
  );
  const counted = matches.map((isMatch, index) => {
    const { [index]: before = 0 } = seen;
    return before + (isMatch ? 1 : 0);
  });
  const striking = faults.filter(({ nth, count }, index) => {
    const number = present(counted[index], `count of fault ${index}`);
    return matches[index] === true && number >= nth && number < nth + count;
  });
  const conduct = striking.reduceRight<Conduct>((joined, fault) => ({ ...joined, ...effect(fault) }), {});
  return { conduct, seen: counted };
}

function effect(fault: Fault): Conduct {
  switch (fault.fault) {
    case 'error-before':
      return { ending: { when: 'before', how: 'error', code: fault.code, message: fault.message } };
    case 'error-after':
      return { ending: { when: 'after', how: 'error', code: fault.code, message: fault.message } };
    case 'reset-before':
      return { ending: { when: 'before', how: 'reset' } };
    case 'reset-after':
      return { ending: { when: 'after', how: 'reset' } };
    case 'delayed':
      return { ending: { when: 'before', how: 'reset', effectMs: fault.seconds * 1000 } };
    case 'hang':
      return { ending: { when: fault.when, how: 'hang', ms: fault.seconds * 1000 } };
    case 'truncate':
      return { ending: { when: 'after', how: 'truncate' } };
    case 'slow':
      return { slowMs: fault.ms };
    case 'late':
      return { lateMs: fault.seconds * 1000 };
    case 'stale':
      return { staleMs: fault.seconds * 1000 };
    case 'unknown-state':
      return { unknownState: fault.state };
  }
}
