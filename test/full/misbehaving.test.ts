/** Real drivers and real Spark against an EMR endpoint with lost answers, throttling and false lists, and drivers that die or pause. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';
import type { Stamped } from '../../src/run/entries.ts';
import type { Seen } from '../support/emr-process.ts';
import { journalOf, publicationsOf, sound } from '../support/end-state.ts';
import type { EndState } from '../support/end-state.ts';
import type { Ended, Running } from '../support/landfall.ts';
import { misbehavingPlace } from '../support/misbehaving.ts';
import type { Misbehaving } from '../support/misbehaving.ts';
import { stopped } from '../support/moments.ts';
import type { Moment } from '../support/moments.ts';

/** A run that has ended. */
interface Over {
  lake: string;
  ended: Ended;
  state: EndState;
  entries: Stamped[];
  clusters: Seen[];
}

const place = misbehavingPlace();
afterAll(() => place.close());

const create = 'RunJobFlow';
const add = 'AddJobFlowSteps';
/** Calls are counted: a call without effect in time is sent again, and counts again. */
const resetsPlan: FaultPlanInput = {
  faults: [
    { on: create, nth: 1, fault: 'reset-before' },
    // Two clusters: the first one appears when the second is in use.
    { on: create, nth: 2, fault: 'delayed', seconds: 8 },
    { on: add, nth: 1, fault: 'error-after', code: 'ThrottlingException' },
    // Two copies of the second step: the first one runs unseen, the second is accepted.
    { on: add, nth: 2, fault: 'reset-after' },
    { on: add, nth: 2, fault: 'late', seconds: 8 },
  ],
};
const silencePlan: FaultPlanInput = {
  faults: [
    { on: create, nth: 1, fault: 'hang', when: 'after', seconds: 60 },
    { on: add, nth: 1, fault: 'hang', when: 'before', seconds: 2 },
    { on: add, nth: 2, fault: 'error-after', code: 'InternalServerException' },
    { on: add, nth: 3, fault: 'truncate' },
  ],
};

async function over(here: Misbehaving, ended: Ended): Promise<Over> {
  const { lake, run, emr } = here;
  const state = await here.state();
  return { lake, ended, state, entries: await journalOf(lake, run), clusters: await emr.settled() };
}

/** The cluster that is kept outlives the run. */
async function resetConnections(): Promise<Over> {
  const here = await place.open('resets', resetsPlan);
  return over(here, await here.submit(['--keep-alive']).ended);
}

interface Polls {
  answered: number;
  refused: number;
}

/** While another client uses up the account's quotas. */
async function keepSilent(): Promise<Over & { polls: Polls[] }> {
  const here = await place.open('silence', silencePlan, ['--quotas']);
  const greedy = here.emr.python('greedy.py');
  const ended = await here.submit().ended;
  greedy.child.stdin?.end();
  const counts = JSON.parse((await greedy).stdout) as Record<string, Polls>;
  return { ...(await over(here, ended)), polls: Object.values(counts) };
}

/** Before it sends its second step. */
const withAnIntent: Moment = { signal: 'SIGSTOP', when: 'after', entry: 'step-intent', nth: 2 };
/** The request is about to be sent, and no check follows. */
const withACall: Moment = { signal: 'SIGSTOP', call: add };
const withTables: Moment = { signal: 'SIGSTOP', when: 'before', object: 'published/000001.json' };

/** Three drivers are stopped one after the other, and resume when another owns their run. */
async function sleep(): Promise<Over & { sleepers: Ended[] }> {
  const here = await place.open('asleep');
  const first = here.submit([], withAnIntent);
  await stopped(first);
  const second = here.attach(['--take-over'], withACall);
  await stopped(second);
  const third = here.attach(['--take-over'], withTables);
  await third.says(/log_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
  const woken = [await wake(first), await wake(second)];
  await stopped(third);
  const last = await here.attach(['--take-over']).ended;
  return { sleepers: [...woken, await wake(third)], ...(await over(here, last)) };
}

function wake({ process: child, ended }: Running): Promise<Ended> {
  child.kill('SIGCONT');
  return ended;
}

/** The moments at which one driver after the other is killed, by the journal's entries. */
const deaths: Moment[] = (
  [
    ['after', 'cluster-intent'],
    ['before', 'cluster'],
    ['after', 'step-intent'],
    ['before', 'step-submitted'],
    ['after', 'publish-intent'],
    ['before', 'published'],
    ['after', 'published'],
    ['after', 'terminate-intent'],
    ['before', 'mirrored'],
  ] as const
).map(([when, entry]) => ({ signal: 'SIGKILL', when, entry }));

async function die(): Promise<Over & { killed: Ended[] }> {
  const here = await place.open('killed');
  const killed: Ended[] = [];
  for (const [index, death] of deaths.entries()) {
    killed.push(await (index === 0 ? here.submit([], death) : here.attach([], death)).ended);
  }
  return { killed, ...(await over(here, await here.attach().ended)) };
}

let resets: Over;
let silence: Awaited<ReturnType<typeof keepSilent>>;
let asleep: Awaited<ReturnType<typeof sleep>>;
let killed: Awaited<ReturnType<typeof die>>;

beforeAll(async () => {
  const two = pLimit(2);
  const stories = await Promise.allSettled([
    two(async () => (silence = await keepSilent())),
    two(async () => (resets = await resetConnections())),
    two(async () => (asleep = await sleep())),
    two(async () => (killed = await die())),
  ]);
  for (const story of stories) if (story.status === 'rejected') throw story.reason;
}, 600_000);

const succeeded = { code: 0, stderr: '' };
/** The driver's output matters if it failed. */
const said = ({ code, stderr }: Ended) => ({ code, stderr: code === 0 ? '' : stderr });
const kinds = (entries: readonly Stamped[], ...names: string[]) =>
  entries.filter(({ entry }) => names.includes(entry));
const how = (entries: readonly Stamped[]) =>
  entries.flatMap((one) => (one.entry === 'cluster' || one.entry === 'step-submitted' ? [one.how] : []));

const clusterOf = (entries: readonly Stamped[]) =>
  entries.findLast((one) => one.entry === 'cluster')?.id ?? 'none';

/** How often a step of that name was begun, on all clusters. */
const started = ({ clusters }: Over, step: string) =>
  copies(clusters, step).filter(({ Status }) => Status.Timeline['StartDateTime'] !== undefined).length;
const copies = (clusters: readonly Seen[], step: string) =>
  clusters.flatMap(({ steps }) => steps).filter(({ Name }) => Name.includes(`/${step}#`));

describe('answers that are lost', () => {
  it('by resets and throttling leave one cluster and one accepted execution of each step', () => {
    expect(said(resets.ended)).toEqual(succeeded);
    expect(resets.state).toEqual(sound('resets', [clusterOf(resets.entries)]));
    expect(how(resets.entries)).toEqual(['launched', 'adopted', 'accepted']);
  });

  it('make the driver end a cluster that appears after another was launched in its place', () => {
    expect(resets.clusters).toHaveLength(2);
    expect(kinds(resets.entries, 'cluster-duplicate')).toHaveLength(1);
  });

  it('until long after the settle window make a step run twice, and one execution is accepted', () => {
    expect(started(resets, 'song_transform')).toBe(1);
    expect(started(resets, 'log_transform')).toBe(2);
  });

  it('by silence, a 500 and half an answer have the same result', () => {
    expect(said(silence.ended)).toEqual(succeeded);
    expect(silence.state).toEqual(sound('silence'));
    expect(silence.clusters).toHaveLength(1);
    expect(how(silence.entries)).toEqual(['adopted', 'adopted', 'adopted']);
  });
});

describe('quotas that others use up', () => {
  it('throttle the driver too, which continues', () => {
    expect(silence.polls.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
    expect(silence.ended.stderr).toMatch(/throttled|no usable answer/);
    expect(silence.ended.code).toBe(0);
  });
});

describe('a driver that was stopped, overtaken and resumed', () => {
  const drivers = () => [...new Set(asleep.entries.map(({ driver }) => driver))];

  it('exits 8 and names the driver that took its run over', () => {
    const by = ({ code, stderr }: Ended) => ({ code, by: /taken over by driver (\w+)/.exec(stderr)?.[1] });
    expect(asleep.sleepers.map(by)).toEqual(
      drivers()
        .slice(1)
        .map((driver) => ({ code: 8, by: driver })),
    );
  });

  it('sends nothing more except a call that it had begun, whose duplicate step the other driver cancels', () => {
    expect(copies(asleep.clusters, 'log_transform').map(({ Status }) => Status.State)).toEqual([
      'CANCELLED',
      'COMPLETED',
    ]);
    const [, , third] = drivers();
    expect(kinds(asleep.entries, 'step-duplicate').map(({ driver }) => driver)).toEqual([third]);
  });

  it('writes nothing more to the journal, ends no cluster and publishes nothing', async () => {
    const order = asleep.entries.map(({ driver }) => drivers().indexOf(driver));
    expect(order).toEqual([...order].sort());
    const [, , , last] = drivers();
    const publications = await publicationsOf(asleep.lake);
    expect(publications.map(({ driver }) => driver)).toEqual([last]);
    const endings = kinds(asleep.entries, 'published', 'terminate-intent');
    expect(endings.map(({ driver }) => driver)).toEqual([last, last]);
  });

  it('does not change how the last driver ends the run', () => {
    expect(said(asleep.ended)).toEqual(succeeded);
    expect(asleep.state).toEqual(sound('asleep'));
  });
});

describe('a driver that is killed', () => {
  it('is replaced by the next, wherever it dies, and the run ends as if it had not died', () => {
    expect(killed.killed.map(({ code }) => code)).toEqual(deaths.map(() => null));
    expect(said(killed.ended)).toEqual(succeeded);
    expect(killed.state).toEqual(sound('killed'));
  });

  it('does not make its successor repeat a launch or submission that took effect', () => {
    expect(killed.clusters).toHaveLength(1);
    expect(killed.clusters[0]?.steps).toHaveLength(2);
    expect(how(killed.entries)).toEqual(['adopted', 'adopted', 'accepted']);
    expect(kinds(killed.entries, 'taken-over')).toHaveLength(deaths.length);
  });
});
