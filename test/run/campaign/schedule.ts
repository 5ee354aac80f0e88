/** A schedule: everything that goes wrong in one play, as plain data. Decided by its seed alone. */
import type { Applications } from '../../../src/run/plan.ts';
import { seededRandom } from '../../support/seeded-random.ts';

export type EmrOperation =
  | 'runJobFlow'
  | 'addSteps'
  | 'findClusters'
  | 'describeCluster'
  | 'listSteps'
  | 'getSteps'
  | 'describeStep'
  | 'cancelSteps'
  | 'terminate'
  | 'findReusable';

/** `journal` and `publish` are creations of an entry; the others calls of the store. */
export type StoreOperation = 'journal' | 'publish' | 'get' | 'put' | 'copy' | 'remove';

export type RunName = 'r1' | 'r2';
export type Verb = 'submit' | 'attach' | 'cancel' | 'retry';

export type Trouble =
  /** What happens to the n-th call of an operation, whoever makes it. */
  | {
      trouble: 'fault';
      op: EmrOperation | StoreOperation;
      n: number;
      /**
       * `unsent`: it never left. `lost`: no usable answer, after `ms`. `denied`: credentials have expired. `stale`: the
       * answer before this one once more, or an empty list. `resent`: the client itself sent it twice, and shows the second answer.
       */
      answer: 'unsent' | 'lost' | 'denied' | 'stale' | 'resent';
      /** Of `lost`: whether it took effect. */
      effect: boolean;
      ms: number;
      /** Of `lost`: how long no listing shows what it created. */
      hiddenMs: number;
    }
  /** EMR, or the store, does not answer from `at` on for `ms`. */
  | { trouble: 'outage'; of: 'emr' | 'store'; at: number; ms: number }
  /** How the n-th added step ends. */
  | {
      trouble: 'end';
      n: number;
      state: 'COMPLETED' | 'FAILED' | 'INTERRUPTED' | 'CANCELLED';
      ms: number;
      silent: boolean;
    }
  /** The n-th launched cluster ends this long after its launch. */
  | {
      trouble: 'loss';
      n: number;
      ms: number;
      code: 'INSTANCE_FAILURE' | 'BOOTSTRAP_FAILURE' | 'USER_REQUEST';
    }
  /** Strikes the process with this number: at its n-th journal write, before or during its n-th call, or after n ms. */
  | {
      trouble: 'strike';
      strike: 'kill' | 'pause' | 'interrupt' | 'leave';
      process: number;
      at: 'write' | 'before' | 'during' | 'time';
      n: number;
      /** How long it is paused. */
      ms: number;
    }
  /** Another process starts, on another machine. */
  | { trouble: 'come'; verb: Verb; run: RunName; at: number; takeOver: boolean };

export interface Schedule {
  /** Seed of everything random in the play that is not listed here, such as jitter. */
  seed: number;
  stepMs: number;
  /** How long a running step continues after a request to end it. */
  cancelMs: number;
  cluster: 'new' | 'given' | 'reuse';
  keepAlive: boolean;
  applications: Applications;
  /** Whether all processes are on one machine, where they can see that one is dead. */
  sameHost: boolean;
  troubles: Trouble[];
}

interface Dice {
  below: (limit: number) => number;
  chance: (share: number) => boolean;
  oneOf: <T>(values: readonly T[]) => T;
}

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const { fraction } = seededRandom(seed);
  const below = (limit: number) => Math.floor(fraction() * limit);
  const dice: Dice = {
    below,
    chance: (share) => fraction() < share,
    oneOf: (values) => values[below(values.length)]!,
  };
  const stepMs = 3_000 + below(dice.oneOf([30_000, 120_000, 300_000, 300_000, 1_800_000]));
  return {
    seed,
    stepMs,
    cancelMs: below(dice.oneOf([1, 5_000, 120_000])),
    cluster: dice.oneOf(['new', 'new', 'new', 'given', 'reuse']),
    keepAlive: dice.chance(0.1),
    applications: seed % 2 === 0 ? 'joined' : 'per_step',
    sameHost: dice.chance(0.3),
    troubles: Array.from({ length: 1 + below(10) }, () => troublesOf(dice, 60_000 + 2.5 * stepMs)).flat(),
  };
}

/** One fault, or a few that belong together; `horizonMs`: about how long an undisturbed run takes. */
function troublesOf(dice: Dice, horizonMs: number): Trouble[] {
  const { below, oneOf } = dice;
  const at = () => below(horizonMs);
  const kind = oneOf(KINDS);
  switch (kind) {
    case 'creation':
      return [creation(dice)];
    case 'read':
      return [read(dice)];
    case 'ending':
      return [lost(oneOf(['cancelSteps', 'terminate']), 1 + below(3), dice)];
    case 'store':
      return [store(dice)];
    case 'outage':
      return [
        { trouble: 'outage', of: oneOf(['emr', 'store']), at: at(), ms: below(oneOf([60_000, 1_200_000])) },
      ];
    case 'end':
      return [
        {
          trouble: 'end',
          n: 1 + below(4),
          state: oneOf(['COMPLETED', 'FAILED', 'FAILED', 'INTERRUPTED', 'CANCELLED']),
          ms: 1_000 + below(120_000),
          silent: dice.chance(0.3),
        },
      ];
    case 'loss':
      return [
        {
          trouble: 'loss',
          n: 1 + below(2),
          ms: at(),
          code: oneOf(['INSTANCE_FAILURE', 'BOOTSTRAP_FAILURE', 'USER_REQUEST']),
        },
      ];
    case 'kill':
    case 'interrupt':
    case 'leave':
      return [strike(kind, dice, moment(dice, horizonMs))];
    case 'pause': {
      const struck = strike('pause', dice, moment(dice, horizonMs));
      return dice.chance(0.8) ? [struck, come('attach', dice, at())] : [struck];
    }
    case 'two': {
      const together = at();
      return [come('attach', dice, together), come('attach', dice, together + below(2_000))];
    }
    case 'come':
      return [come(oneOf(['attach', 'cancel', 'cancel', 'retry', 'submit']), dice, at())];
    case 'together': {
      const then = at();
      const around = () => Math.max(0, then - 2_000 + below(10_000));
      return [
        strike(oneOf(['kill', 'pause', 'interrupt', 'interrupt', 'leave']), dice, {
          at: 'time',
          n: around(),
        }),
        oneOf([
          { trouble: 'outage', of: oneOf(['emr', 'store', 'store']), at: around(), ms: below(40_000) },
          come(oneOf(['attach', 'cancel', 'submit']), dice, around()),
          creation(dice),
        ]),
      ];
    }
    case 'rival':
      return [{ trouble: 'come', verb: 'submit', run: 'r2', at: at(), takeOver: false }];
  }
}

/** Each kind as often as wanted. */
const KINDS = [
  ...(['creation', 'creation', 'creation', 'creation', 'read', 'read', 'ending', 'store', 'store'] as const),
  ...(['outage', 'end', 'end', 'loss', 'kill', 'kill', 'kill', 'kill', 'interrupt', 'leave'] as const),
  ...(['pause', 'pause', 'pause', 'pause', 'two', 'come', 'come', 'rival', 'together', 'together'] as const),
];

/** A throttle or 5xx comes at once, a reset after a while, a hanging call after the request timeout. */
const ANSWER_AFTER_MS = [0, 0, 1_000, 30_000];

function creation(dice: Dice): Trouble {
  const { below, chance, oneOf } = dice;
  const op = oneOf(['runJobFlow', 'addSteps', 'addSteps'] as const);
  const n = 1 + below(op === 'runJobFlow' ? 3 : 5);
  if (chance(0.15)) return { trouble: 'fault', op, n, answer: 'unsent', effect: false, ms: 0, hiddenMs: 0 };
  return lost(op, n, dice);
}

function lost(op: EmrOperation | StoreOperation, n: number, { below, chance, oneOf }: Dice): Trouble {
  const hiddenMs = oneOf([0, below(60_000), 60_000 + below(60_000), 60_000 + below(120_000)]);
  return {
    trouble: 'fault',
    op,
    n,
    answer: 'lost',
    effect: chance(0.7),
    ms: oneOf(ANSWER_AFTER_MS),
    hiddenMs,
  };
}

function read({ below, oneOf }: Dice): Trouble {
  return {
    trouble: 'fault',
    op: oneOf(['findClusters', 'describeCluster', 'listSteps', 'listSteps', 'getSteps', 'findReusable']),
    n: 1 + below(oneOf([5, 30])),
    answer: oneOf(['lost', 'lost', 'denied', 'stale', 'stale']),
    effect: false,
    ms: oneOf(ANSWER_AFTER_MS),
    hiddenMs: 0,
  };
}

function store({ below, chance, oneOf }: Dice): Trouble {
  const op = oneOf(['journal', 'journal', 'publish', 'publish', 'get', 'put', 'copy', 'remove'] as const);
  const creates = op === 'journal' || op === 'publish';
  return {
    trouble: 'fault',
    op,
    n: 1 + below({ journal: 25, publish: 2, get: 60, put: 8, copy: 4, remove: 2 }[op]),
    answer: creates && chance(0.3) ? 'resent' : 'lost',
    effect: chance(0.7),
    ms: oneOf(ANSWER_AFTER_MS),
    hiddenMs: 0,
  };
}

function strike(
  what: 'kill' | 'pause' | 'interrupt' | 'leave',
  { below, oneOf }: Dice,
  { at, n }: Pick<Extract<Trouble, { trouble: 'strike' }>, 'at' | 'n'>,
): Trouble {
  return {
    trouble: 'strike',
    strike: what,
    process: 1 + below(oneOf([1, 3, 5])),
    at,
    n,
    ms: what === 'pause' ? below(oneOf([100_000, 600_000, 3_600_000])) : 0,
  };
}

function moment({ below, oneOf }: Dice, horizonMs: number) {
  const at = oneOf(['write', 'write', 'before', 'during', 'time'] as const);
  return { at, n: 1 + below({ write: 16, before: 90, during: 90, time: horizonMs }[at]) };
}

function come(verb: Verb, { chance }: Dice, at: number): Trouble {
  return {
    trouble: 'come',
    verb,
    run: chance(0.1) ? 'r2' : 'r1',
    at,
    takeOver: verb === 'attach' && chance(0.3),
  };
}
