import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { advising, said as told } from '../support/advice.ts';
import type { Fault } from '../../src/faults.ts';
import { command, completed, standing } from '../../src/report/standing.ts';
import type { Entry } from '../../src/run/entries.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { advance, begin } from '../../src/run/advance.ts';
import type { RunState } from '../../src/run/state.ts';
import type { Finding } from '../../src/run/verification.ts';
import { plan } from '../support/fake-run.ts';

const START = Date.UTC(2026, 10, 21, 13, 0);
const minutes = (count: number) => new Date(START + count * 60_000);

/** The state after these entries, a minute apart. */
function after(entries: readonly Entry[], its: Partial<RunPlan> = {}): RunState {
  const stamp = (number: number) => ({
    version: 2,
    number,
    driver: 'd',
    nonce: String(number),
    at: minutes(number - 1).toISOString(),
  });
  const first = begin({ ...stamp(1), entry: 'planned', plan: { ...plan, ...its } });
  return entries.reduce((state, entry, at) => advance(state, { ...stamp(at + 2), ...entry }), first);
}

const cluster = (how: 'launched' | 'given', id = 'j-1', n = 1): Entry[] => [
  { entry: 'cluster-intent', n, token: `landfall/r1/cluster#${String(n)}` },
  { entry: 'cluster', n, id, how },
];
const submitted = (step: string): Entry[] => [
  { entry: 'step-intent', step, attempt: 1, token: `landfall/r1/${step}#1`, clusterId: 'j-1' },
  { entry: 'step-submitted', step, attempt: 1, id: `s-${step}`, how: 'accepted' },
];
const done = (step: string): Entry[] => [
  ...submitted(step),
  { entry: 'step-accepted', step, attempt: 1, execution: 'x' },
];
const failed = (step: string): Entry[] => [
  ...submitted(step),
  { entry: 'step-ended', step, attempt: 1, state: 'FAILED' },
];
const finished = (fault: Fault): Entry => ({ entry: 'finished', verdict: 'failed', fault });
const asked: Entry[] = [
  { entry: 'terminate-intent', clusterId: 'j-1' },
  { entry: 'terminate-requested', clusterId: 'j-1' },
];
const said = (entries: Entry[], its: Partial<RunPlan> = {}, now = minutes(30)) =>
  standing(after(entries, its), now);

describe('the state of a run', () => {
  it('before anything was started: no cluster costs money', () => {
    expect(said([])).toEqual([
      'song_transform, log_transform not started; nothing was published',
      'no cluster was launched',
    ]);
  });

  it('after a step failed: what is done, what is not, and that termination of our cluster was requested', () => {
    expect(
      said([
        ...cluster('launched'),
        ...done('song_transform'),
        ...failed('log_transform'),
        ...asked,
        finished('step'),
      ]),
    ).toEqual([
      'song_transform done; log_transform FAILED; nothing was published',
      'cluster j-1: termination requested, not yet confirmed',
    ]);
  });

  it('on someone else’s cluster: the cluster continues', () => {
    expect(said([...cluster('given'), ...failed('song_transform'), finished('step')])).toEqual([
      'song_transform FAILED; log_transform not started; nothing was published',
      "cluster j-1 is not this run's: it keeps running",
    ]);
  });

  describe('with a cluster that is kept alive', () => {
    const entries = [...cluster('launched'), ...failed('song_transform'), finished('step')];
    const keepAlive = { keepAlive: true };

    it('says until when it costs money, counted from the end of the last step', () => {
      // The step ended after five minutes; the logs were waited for until the eighth minute.
      expect(said(entries, keepAlive, minutes(8))[1]).toBe(
        'cluster j-1 costs money until it has been idle for 10 min, about 13:15 UTC',
      );
    });

    it('names the day if it is not today', () => {
      expect(said(entries, { ...keepAlive, idleTimeoutSeconds: 86_400 }, minutes(8))[1]).toMatch(
        /idle for 24 h, about 2026-11-22 13:05 UTC$/,
      );
    });

    it('says later that it ended by itself', () => {
      expect(said(entries, keepAlive, minutes(300))[1]).toBe(
        'cluster j-1 terminated itself about 13:15 UTC, unless it was given work since',
      );
    });

    it('on this machine costs no money', () => {
      const local = { ...keepAlive, cluster: { kind: 'local' as const } };
      expect(said(entries, local, minutes(8))[1]).toMatch(/^cluster j-1 stays up until it has been idle/);
    });
  });

  it('during the work: which step is running, and how its cluster ends', () => {
    expect(said([...cluster('launched'), ...submitted('song_transform')])).toEqual([
      'song_transform under way (s-song_transform); log_transform not started; nothing was published',
      'cluster j-1 keeps running and costs money; it terminates itself 10 min after its last step',
    ]);
    expect(said(cluster('launched'), { cluster: { kind: 'local' } })[1]).toMatch(
      /^cluster j-1 keeps running; /,
    );
  });

  it('while a launch has no answer: that a cluster may exist, and its name', () => {
    expect(said([{ entry: 'cluster-intent', n: 1, token: 'landfall/r1/cluster#1' }])[1]).toMatch(
      /^a cluster named landfall\/r1\/cluster#1 may have been launched/,
    );
  });

  it('after EMR refused the launch, or a step: that none exists', () => {
    const token = 'landfall/r1/cluster#1';
    expect(
      said([
        { entry: 'cluster-intent', n: 1, token },
        { entry: 'refused', token },
      ]),
    ).toContain('no cluster was launched');
    const [intent] = submitted('song_transform') as [Extract<Entry, { entry: 'step-intent' }>];
    expect(said([...cluster('launched'), intent])[0]).toContain('song_transform perhaps submitted');
    expect(said([...cluster('launched'), intent, { entry: 'refused', token: intent.token }])[0]).toMatch(
      /^song_transform, log_transform not started/,
    );
  });

  it('after the cluster was lost: what was lost with it', () => {
    const lost: Entry = {
      entry: 'cluster-ended',
      clusterId: 'j-1',
      state: 'TERMINATED_WITH_ERRORS',
      code: 'INSTANCE_FAILURE',
    };
    expect(
      said([
        ...cluster('launched'),
        ...done('song_transform'),
        ...submitted('log_transform'),
        lost,
        finished('cluster'),
      ]),
    ).toEqual([
      'song_transform done; log_transform lost with its cluster; nothing was published',
      'cluster j-1 has ended',
    ]);
    expect(
      said([
        ...cluster('launched'),
        ...submitted('song_transform'),
        { entry: 'step-ended', step: 'song_transform', attempt: 1, state: 'INTERRUPTED' },
        { ...lost, state: 'TERMINATING' },
      ]),
    ).toEqual([
      'song_transform INTERRUPTED with its cluster; log_transform not started; nothing was published',
      'cluster j-1 is ending',
    ]);
  });

  it('when cancelled: what has ended, and what was only requested to end', () => {
    const entries: Entry[] = [
      ...cluster('launched'),
      ...submitted('song_transform'),
      { entry: 'cancel-requested', by: 'SIGINT' },
    ];
    expect(said(entries)).toEqual([
      'song_transform cancellation requested (s-song_transform); log_transform not started; nothing was published',
      'cluster j-1: termination requested, not yet confirmed',
    ]);
    expect(said([...entries, { entry: 'finished', verdict: 'cancelled', fault: 'cancelled' }])).toEqual([
      'song_transform cancelled; log_transform not started; nothing was published',
      'cluster j-1 has ended, or is ending',
    ]);
  });

  it('during publication, and after it', () => {
    const entries: Entry[] = [
      ...cluster('launched'),
      ...done('song_transform'),
      ...done('log_transform'),
      { entry: 'publish-intent', publication: 1 },
    ];
    expect(said(entries)[0]).toBe('song_transform, log_transform done; publishing as number 1 has begun');
    expect(said([...entries, finished('overtaken')])[0]).toMatch(/nothing was published$/);
    expect(said([...entries, { entry: 'published', publication: 1 }])[0]).toMatch(
      /published as number 1, not yet copied to the plain paths$/,
    );
  });

  it('in a later attempt, with an earlier cluster that is still running', () => {
    const replanned: Entry = { entry: 'replanned', plan, rerun: ['song_transform'], elsewhere: true };
    const lines = said([
      ...cluster('launched'),
      ...failed('song_transform'),
      replanned,
      ...cluster('launched', 'j-2', 2),
      {
        entry: 'step-intent',
        step: 'song_transform',
        attempt: 2,
        token: 'landfall/r1/song_transform#2',
        clusterId: 'j-2',
      },
      { entry: 'step-ended', step: 'song_transform', attempt: 2, state: 'FAILED' },
    ]);
    expect(lines[0]).toMatch(/^song_transform FAILED \(attempt 2\); log_transform not started/);
    expect(lines.slice(1).map((line) => line.slice(0, 11))).toEqual(['cluster j-1', 'cluster j-2']);
  });
});

describe('the next command', () => {
  const ours: Finding = { severity: 'error', subject: 'songs', message: 'x' };
  const theirs: Finding = { ...ours, foreign: true };
  const next = (fault: Fault, entries: Entry[] = [], its: Partial<RunPlan> = {}, own?: string) =>
    told(
      completed(
        new LandfallError(fault, 'x', own === undefined ? {} : { next: own }),
        after(entries, its),
        minutes(1),
      ).next,
    );
  const retry = 'landfall retry r1 --lake s3://lake/root';
  const attach = 'landfall attach r1 --lake s3://lake/root';
  const submit = 'landfall submit --cluster new --song-data s3://in/song_data --lake s3://lake/root';
  const ended = (code: string): Entry[] => [
    ...cluster('launched'),
    { entry: 'cluster-ended', clusterId: 'j-1', state: 'TERMINATING', code },
  ];
  const cancelled: Entry = { entry: 'finished', verdict: 'cancelled' };

  it.each<[string, string | undefined, ReturnType<typeof next>]>([
    ['a step', `fix the cause, then ${retry}`, next('step')],
    ['a launch that EMR refused', `fix the cause, then ${retry}`, next('cluster')],
    ['a bootstrap action', `fix the cause, then ${retry}`, next('cluster', ended('BOOTSTRAP_FAILURE'))],
    ['lost Spot nodes', retry, next('cluster', ended('INSTANCE_FAILURE'))],
    [
      'a named cluster that is gone',
      'landfall retry r1 --cluster new --lake s3://lake/root',
      next('cluster', ended('USER_REQUEST'), { cluster: { kind: 'id', id: 'j-1' } }),
    ],
    ['a timeout', attach, next('timeout')],
    ['another driver', attach, next('owned')],
    ['no answer', attach, next('unreachable')],
    ['expired credentials', `renew them, then ${attach}`, next('access', [], {}, 'renew them')],
    ['a cancelled run', retry, next('cancelled', [cancelled])],
    ['a run that is being cancelled', attach, next('cancelled')],
    ['an overtaken run', 'landfall publish r1 --rebase --lake s3://lake/root', next('overtaken')],
    ['tables', `fix the query, then ${retry}; or fix the data, then ${submit}`, next('tables')],
    [
      'too many bad lines',
      `landfall quarantine r1 --lake s3://lake/root shows the bad lines; fix the data, then ${submit}; or raise max_quarantined, then ${retry}`,
      next('tables', [
        {
          entry: 'verified',
          tables: [],
          findings: [
            { severity: 'error', subject: 'song_data', message: 'x', count: 2, limit: 'max_quarantined' },
          ],
        },
      ]),
    ],
    [
      'a stranger’s object where a table is published',
      `move away what is not Landfall’s, then ${retry.replace('retry', 'publish')}`,
      next('tables', [{ entry: 'verified', tables: [], findings: [theirs] }]),
    ],
    [
      'a stranger’s object, and tables',
      `move away what is not Landfall’s; fix the query, then ${retry}; or fix the data, then ${submit}`,
      next('tables', [{ entry: 'verified', tables: [], findings: [theirs, ours] }]),
    ],
    ['an input, with its own advice', 'landfall submit', next('input', [], {}, 'landfall submit')],
  ])('after %s', (_, expected, told) => expect(told).toBe(expected));

  it.each(['no longer there', 'changed since they were listed'])(
    'after a step whose inputs are %s is a new submit, also when read from the journal later',
    (what) => {
      const why = [`2 input objects (s3://in/a.json, s3://in/b: c.json) of song_data: ${what}`, 'at line 3'];
      const error = new LandfallError('step', 'step song_transform ended FAILED', { why });
      const advice = `${submit}, for a run on the inputs as they are now`;
      expect(completed(error, after([]), minutes(1)).next).toEqual(advising(advice));
      const verdict: Entry = { entry: 'finished', verdict: 'failed', fault: 'step', why };
      expect(completed(error, after([verdict]), minutes(1)).next).toEqual(advising(advice));
    },
  );

  it('names the lake, quoted for the shell', () => {
    const lake = "file:///it's/ü [lake]";
    expect(told(command('attach', { ...plan, lake }))).toBe(`landfall attach r1 --lake '/it'\\''s/ü [lake]'`);
  });

  it('comes with the run’s state, after what the failure itself reports', () => {
    const error = new LandfallError('cluster', 'x', { why: ['y'], stand: ['own'] });
    expect(completed(error, after([]), minutes(1))).toMatchObject({
      fault: 'cluster',
      message: 'x',
      run: 'r1',
      why: ['y'],
      stand: ['own', expect.stringContaining('nothing was published'), 'no cluster was launched'],
    });
  });
});
