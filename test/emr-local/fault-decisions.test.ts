import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { applies, decide } from '../../src/emr-local/fault-decisions.ts';
import { checkFaultPlan, readFaultPlan } from '../../src/emr-local/fault-plan.ts';
import { take } from '../../src/emr-local/quotas.ts';
import { randomFaultPlan } from '../../src/emr-local/random-faults.ts';
import { openHistory } from '../../src/emr-local/stale-view.ts';
import type { Conduct } from '../../src/emr-local/fault-decisions.ts';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';
import type { Buckets } from '../../src/emr-local/quotas.ts';
import type { ClusterRecord } from '../../src/emr-local/records.ts';

/** What a plan decides for a sequence of calls. */
function decisionsFor(faults: FaultPlanInput['faults'], ...operations: string[]): Conduct[] {
  const plan = checkFaultPlan({ faults }, 'test');
  let seen: readonly number[] = [];
  return operations.map((operation) => {
    const decision = decide(plan.faults, seen, operation);
    seen = decision.seen;
    return decision.conduct;
  });
}

describe('a fault', () => {
  it('is applied from the n-th matching call on, as often as it says', () => {
    const struck = decisionsFor(
      [{ on: 'ListSteps', nth: 2, count: 2, fault: 'slow', ms: 7 }],
      'ListSteps',
      'DescribeCluster',
      'ListSteps',
      'ListSteps',
      'ListSteps',
    );
    expect(struck).toEqual([{}, {}, { slowMs: 7 }, { slowMs: 7 }, {}]);
  });

  it('of any operation counts only operations that it can affect', () => {
    const stale = { on: '*', fault: 'stale', seconds: 3 } as const;
    expect(decisionsFor([stale], 'RunJobFlow', 'ListSteps', 'ListSteps')).toEqual([
      {},
      { staleMs: 3000 },
      {},
    ]);
  });

  it('adds to others, but only the first in the plan decides how the call ends', () => {
    const on = 'RunJobFlow';
    expect(
      decisionsFor(
        [
          { on, fault: 'late', seconds: 2 },
          { on, fault: 'reset-after' },
          { on, fault: 'error-before', code: 'ThrottlingException' },
          { on: '*', fault: 'slow', ms: 5 },
        ],
        on,
      ),
    ).toEqual([{ lateMs: 2000, ending: { when: 'after', how: 'reset' }, slowMs: 5 }]);
  });

  it.each([
    [
      { fault: 'error-before', code: 'AccessDeniedException' },
      { when: 'before', how: 'error' },
    ],
    [
      { fault: 'error-after', code: 'InternalServerException' },
      { when: 'after', how: 'error' },
    ],
    [{ fault: 'reset-before' }, { when: 'before', how: 'reset' }],
    [{ fault: 'reset-after' }, { when: 'after', how: 'reset' }],
    [
      { fault: 'hang', seconds: 4, when: 'before' },
      { when: 'before', how: 'hang', ms: 4000 },
    ],
    [
      { fault: 'hang', seconds: 4, when: 'after' },
      { when: 'after', how: 'hang', ms: 4000 },
    ],
    [{ fault: 'truncate' }, { when: 'after', how: 'truncate' }],
  ] as const)('ends a call as its name says: %j', (fault, ending) => {
    const [conduct] = decisionsFor([{ on: '*', ...fault }], 'TerminateJobFlows');
    expect(conduct).toMatchObject({ ending });
  });

  it('shows a state that EMR does not have', () => {
    expect(decisionsFor([{ on: '*', fault: 'unknown-state' }], 'CancelSteps', 'ListSteps')).toEqual([
      {},
      { unknownState: 'HIBERNATING' },
    ]);
  });
});

describe('a fault plan', () => {
  const message = (text: string) => {
    try {
      readFaultPlan(text, 'bad day.json');
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };

  it.each([
    ['{', 'bad day.json: not JSON'],
    ['[]', 'expected object'],
    ['{"fault":[]}', 'Unrecognized key: "fault"'],
    ['{"faults":[{"on":"ListSteps"}]}', 'bad day.json, faults.0.fault: Invalid'],
    ['{"faults":[{"on":"ListSteps","fault":"explode"}]}', 'bad day.json, faults.0.fault: Invalid'],
    ['{"faults":[{"on":"ListSteps","fault":"truncate","nth":0}]}', 'faults.0.nth: Too small'],
    ['{"faults":[{"on":"ListSteps","fault":"error-before","code":"Oops"}]}', 'faults.0.code: Invalid'],
    [
      '{"faults":[{"on":"*","fault":"truncate"},{"on":"listSteps","fault":"truncate"}]}',
      "'listSteps' is neither an operation",
    ],
    ['{"faults":[{"on":"ListSteps","fault":"late","seconds":1}]}', 'ListSteps cannot be late'],
    ['{"events":[{"event":"fleet-timeout","after":3}]}', 'events.0: Unrecognized key: "after"'],
  ])('with a mistake is refused with the place of the mistake: %s', (text, told) => {
    expect(message(text)).toContain(told);
  });

  it('may omit defaults', () => {
    const text = '{"faults":[{"on":"*","fault":"stale"}],"events":[{"event":"spot-loss"}]}';
    expect(readFaultPlan(text, 'f')).toEqual({
      faults: [{ on: '*', fault: 'stale', nth: 1, count: 1, seconds: 10 }],
      events: [{ event: 'spot-loss', nth: 1, count: 1 }],
    });
  });

  it('made from a seed is always the same, and could have been written by hand', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = randomFaultPlan(seed);
        expect(randomFaultPlan(seed)).toEqual(plan);
        expect(readFaultPlan(JSON.stringify(plan), 'f')).toEqual(plan);
        expect(plan.faults.every(({ on, fault }) => applies(fault, on))).toBe(true);
        expect(JSON.stringify(plan)).not.toMatch(/Expired|AccessDenied/);
      }),
    );
  });

  it('differs from seed to seed, and covers every kind of fault and event over many seeds', () => {
    const plans = Array.from({ length: 300 }, (_, seed) => randomFaultPlan(seed));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBeGreaterThan(295);
    const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => fault)));
    const events = new Set(plans.flatMap((plan) => plan.events.map(({ event }) => event)));
    expect([kinds.size, events.size]).toEqual([10, 6]);
  });
});

describe('the quotas', () => {
  /** How many calls pass, one every `everyMs`. */
  const passed = (operation: string, calls: number, everyMs: number) => {
    let buckets: Buckets = {};
    let count = 0;
    for (let call = 0; call < calls; call += 1) {
      const taken = take(buckets, operation, call * everyMs);
      buckets = taken.buckets;
      if (taken.allowed) count += 1;
    }
    return count;
  };

  it('allow a burst, then the refill rate: 10 DescribeStep at once, then one in two seconds', () => {
    expect(passed('DescribeStep', 100, 0)).toBe(10);
    expect(passed('DescribeStep', 100, 2000)).toBe(100);
    expect(passed('DescribeStep', 101, 1000)).toBe(60);
  });

  it('apply to the account too: 25 calls at once of all operations together', () => {
    let buckets: Buckets = {};
    const calls = ['ListClusters', 'DescribeCluster', 'ListSteps', 'ListBootstrapActions'];
    const allowed = Array.from({ length: 60 }, (_, call) => {
      const taken = take(buckets, calls[call % 4]!, 0);
      buckets = taken.buckets;
      return taken.allowed;
    });
    expect(allowed.filter(Boolean)).toHaveLength(25);
  });

  it('are not used up by refused calls', () => {
    let { buckets } = take({}, 'SetTerminationProtection', 0);
    for (let call = 0; call < 50; call += 1) buckets = take(buckets, 'SetTerminationProtection', 0).buckets;
    expect(take(buckets, 'SetTerminationProtection', 5000).allowed).toBe(true);
    expect(take(buckets, 'ListClusters', 0).allowed).toBe(true);
  });
});

describe('a stale view', () => {
  const version = (id: string, name: string, created = 0) => ({ id, name, created }) as ClusterRecord;

  it('shows the state at that time, without what did not exist yet', () => {
    const history = openHistory(1000);
    history.remember(version('a', 'first'), 0);
    history.remember(version('a', 'second'), 500);
    history.remember(version('b', 'new', 900), 900);
    const present = {
      get: (id: string) => version(id, 'present'),
      all: () => [version('a', 'second'), version('b', 'new', 900), version('c', 'untouched')],
    };
    const names = (time: number) =>
      history
        .at(present, time)
        .all()
        .map(({ name }) => name);
    expect(names(400)).toEqual(['first', 'untouched']);
    expect(names(600)).toEqual(['second', 'untouched']);
    expect(names(950)).toEqual(['second', 'new', 'untouched']);
    expect(history.at(present, 100).get('b')?.name).toBe('new');
  });

  it('forgets states that are too old to be requested', () => {
    const history = openHistory(1000);
    for (const time of [0, 500, 3000]) history.remember(version('a', `at ${String(time)}`), time);
    const present = { get: (id: string) => version(id, 'present'), all: () => [] };
    expect(history.at(present, 0).get('a')?.name).toBe('at 500');
  });
});
