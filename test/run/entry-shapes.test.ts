/** Which journal entries are accepted: each kind of entry, with each field damaged in turn. */
import { describe, expect, it } from '@jest/globals';
import { keys } from '../../src/lake/layout.ts';
import type { Check } from '../../src/pipeline/contract.ts';
import { readState } from '../../src/run/read-journal.ts';
import { advising } from '../support/advice.ts';
import { driveRun, fakeWorld, plan, startRun } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-run.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const stamp = { version: 2, number: 2, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00.000Z' };
const execution = keys.execution(keys.attempt('r1', 'song_transform', 1), 'local-1-ff');

async function withEntry(entry: object): Promise<FakeWorld> {
  const world = fakeWorld(1);
  await startRun(world);
  await world.objects.put(keys.entry('r1', 2), bytes({ ...stamp, ...entry }));
  return world;
}

const whole: Record<string, unknown>[] = [
  { entry: 'replanned', plan, rerun: ['song_transform'], elsewhere: false },
  { entry: 'infrastructure-retry', clusterId: 'j-1', rerun: ['song_transform'], why: 'x' },
  { entry: 'taken-over', from: 'd' },
  { entry: 'rebased', publication: 2 },
  { entry: 'staged' },
  { entry: 'cluster-intent', n: 1, token: 't', since: '2026-11-21T09:30:00.000Z' },
  { entry: 'cluster', n: 1, id: 'j-1', how: 'launched' },
  { entry: 'cluster-logs', id: 'j-1', logUri: 'None' },
  { entry: 'cluster-ended', clusterId: 'j-1', state: 'TERMINATED' },
  { entry: 'cluster-duplicate', id: 'j-1' },
  { entry: 'refused', token: 't' },
  { entry: 'step-intent', step: 'song_transform', attempt: 1, token: 't', clusterId: 'j-1' },
  { entry: 'step-submitted', step: 'song_transform', attempt: 1, id: 's-1', how: 'accepted' },
  { entry: 'step-duplicate', step: 'song_transform', attempt: 1, id: 's-1' },
  { entry: 'step-ended', step: 'song_transform', attempt: 1, state: 'FAILED' },
  { entry: 'step-accepted', step: 'song_transform', attempt: 1, execution },
  { entry: 'verified', tables: [{ table: 'songs', rows: 1, files: 1, bytes: 1, path: 'x' }], findings: [] },
  { entry: 'publish-intent', publication: 1 },
  { entry: 'published', publication: 1 },
  { entry: 'mirrored', publication: 1 },
  { entry: 'rollback-intent', publication: 2 },
  { entry: 'cancel-requested', by: 'x' },
  { entry: 'terminate-intent', clusterId: 'j-1' },
  { entry: 'terminate-requested', clusterId: 'j-1' },
  { entry: 'finished', verdict: 'failed', fault: 'step', message: 'x', why: ['x'] },
];
const optional = ['since', 'fault', 'message', 'why'];
const fields = whole.flatMap((entry) =>
  Object.keys(entry)
    .filter((field) => field !== 'entry' && field !== 'path')
    .map((field) => ({ entry, field, kind: String(entry['entry']) })),
);
const damage = {
  fault: 'input',
  message: expect.stringContaining('000002.json is not entry 2 of a journal'),
};

/** The plan with a changed first step, or a change in its only table. */
const withStep = (its: object) => ({
  ...plan,
  steps: plan.steps.map((step, at) => (at === 0 ? { ...step, ...its } : step)),
});
const table = {
  ...{ name: 'songs', doc: '', columns: [], key: [], partitionBy: [], sortBy: [], checks: [] },
  ...{ mayBeEmpty: false, internal: false },
};
const withTable = (its: object) => withStep({ tables: [{ ...table, ...its }] });

const checks: Check[] = [
  { check: 'not_null', severity: 'error', column: 'x' },
  { check: 'unique', severity: 'error', columns: ['x'] },
  { check: 'accepted_values', severity: 'warn', column: 'x', values: ['free', 1] },
  { check: 'range', severity: 'error', column: 'x', min: 1 },
  { check: 'references', severity: 'error', column: 'x', table: 'songs', to: 'y' },
  { check: 'condition', severity: 'error', name: 'some', sql: 'x > 0' },
  {
    check: 'matched',
    severity: 'warn',
    column: 'x',
    found: 'its song',
    warnBelow: 0.5,
    needs: { raw: ['f'] },
  },
  { check: 'row_count', severity: 'error', equals: 'raw' },
];
const spoiltChecks = checks.flatMap((check) =>
  Object.keys(check)
    .filter((field) => field !== 'min' && field !== 'equals')
    .map((field) => ({ kind: check.check, field, check })),
);

describe('a check of a planned table', () => {
  const readWith = async (check: object) => {
    const { objects } = await withEntry({
      ...{ entry: 'replanned', plan: withTable({ checks: [check] }), rerun: [], elsewhere: false },
    });
    return readState(objects, 'r1');
  };

  it.each(checks)('is accepted if it is complete: $check', async (check) => {
    expect((await readWith(check)).plan.steps[0]?.tables[0]?.checks).toEqual([check]);
  });

  it.each(spoiltChecks)('is damaged if $field is missing or wrong: $kind', async ({ field, check }) => {
    const { [field]: _, ...rest } = check as unknown as Record<string, unknown>;
    for (const wrong of [rest, { ...rest, [field]: { length: 1 } }])
      await expect(readWith(wrong)).rejects.toMatchObject(damage);
  });

  it('is damaged if a bound is not a value', async () => {
    for (const field of ['min', 'max'])
      for (const check of [checks[3], checks.at(-1)])
        await expect(readWith({ ...check, [field]: ['x'] })).rejects.toMatchObject(damage);
  });
});

describe('a planned table', () => {
  it.each(['delta', 'objects', 'quarantine', '../songs', 'constructor'])(
    'is damaged when it is called %s',
    async (name) => {
      const { objects } = await withEntry({
        ...{ entry: 'replanned', plan: withTable({ name }), rerun: [], elsewhere: false },
      });
      await expect(readState(objects, 'r1')).rejects.toMatchObject(damage);
    },
  );
});

describe('an entry that runs steps again', () => {
  it.each([
    { entry: 'infrastructure-retry', clusterId: 'j-1', rerun: ['others'], why: 'x' },
    { entry: 'replanned', plan, rerun: ['others'], elsewhere: false },
  ])('is damaged if its plan has no such step: $entry', async (entry) => {
    const { objects } = await withEntry(entry);
    await expect(readState(objects, 'r1')).rejects.toMatchObject({
      ...damage,
      why: ['the plan has no step others'],
    });
  });
});

describe('an entry of a journal', () => {
  it.each(whole)('is accepted if it is complete: $entry', async (entry) => {
    const { objects } = await withEntry(entry);
    expect((await readState(objects, 'r1')).length).toBe(2);
  });

  it.each(fields)('is damaged if $field is missing or wrong: $kind', async ({ entry, field }) => {
    const { [field]: value, ...rest } = entry;
    const isFreeText = field === 'why' && typeof value === 'string';
    const wrong = typeof value === 'string' ? [{ ...rest, [field]: 7 }] : [{ ...rest, [field]: 'x' }];
    if (!optional.includes(field) || isFreeText) wrong.push(rest);
    for (const one of wrong) {
      const { objects } = await withEntry(one);
      await expect(readState(objects, 'r1')).rejects.toMatchObject(damage);
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['an execution of another run', { execution: execution.replace('/r1/', '/r2/') }],
    ['an execution of another attempt', { execution: execution.replace('/1/', '/2/') }],
    ['an execution of another step', { execution: execution.replace('song_', 'log_') }],
    ['an execution with a way up', { execution: `${keys.attempt('r1', 'song_transform', 1)}/../x` }],
    ['a key of another kind', { execution: keys.entry('r1', 1) }],
    ['an absolute path', { execution: '/etc' }],
    ['a step that can have no such name', { step: '../x' }],
    ['an attempt that is none', { attempt: -1 }],
    ['an attempt past counting', { attempt: 1e300 }],
    [
      'an attempt that was not begun',
      { attempt: Number.MAX_SAFE_INTEGER, execution: execution.replace('/1/', '/9007199254740991/') },
    ],
    [
      'a step that is not planned',
      { step: 'others', execution: execution.replace('song_transform', 'others') },
    ],
    ['a property of every object', { step: 'constructor' }],
  ])('that accepts a step is damaged if it names %s', async (_, wrong) => {
    const entry = { entry: 'step-accepted', step: 'song_transform', attempt: 1, execution, ...wrong };
    const { objects } = await withEntry(entry);
    await expect(readState(objects, 'r1')).rejects.toMatchObject(damage);
  });

  it.each<[string, object]>([
    ['another run', { ...plan, run: 'r2' }],
    ['a step named as a path', { ...plan, steps: [{ ...plan.steps[0], name: '../../x' }] }],
    ['a publication that is no number', { ...plan, publication: '1' }],
    ['templates that are no text', { ...plan, origin: { templates: 7, variables: {} } }],
    ['no steps', { ...plan, steps: undefined }],
    ['a step named as a property of every object', withStep({ name: 'constructor' })],
    [
      'a source named as a property of every object',
      withStep({ sources: [{ name: 'constructor', views: [] }] }),
    ],
    [
      'a view named as a property of every object',
      withStep({ sources: [{ name: 'a', views: ['constructor'] }] }),
    ],
    ['a source whose views are not listed', withStep({ sources: [{ name: 'a' }] })],
    ['a table named as a property of every object', withTable({ name: 'constructor' })],
    ['a step that reads what it writes itself', withStep({ upstreams: [plan.steps[0]!.name] })],
    ['a step that reads what no step writes', withStep({ upstreams: ['others'] })],
    ['a step that appears twice', { ...plan, steps: [plan.steps[0], ...plan.steps] }],
    ['a check that lacks its fields', withTable({ checks: [{ check: 'range', severity: 'error' }] })],
    ['a check without its severity', withTable({ checks: [{ check: 'not_null', column: 'x' }] })],
    ['a check of no known kind', withTable({ checks: [{ check: 'toString', severity: 'error' }] })],
    ['a table that looks rows up by no columns', withTable({ rebuild: { by: ['y'], when: { songs: 'x' } } })],
    [
      'a table that looks up rows of a property of every object',
      withTable({ rebuild: { by: ['y'], when: { constructor: { x: 'f' } } } }),
    ],
    ['a publication past counting', { ...plan, publication: Number.MAX_SAFE_INTEGER }],
  ])('with a plan is damaged if the plan is of %s', async (_, planned) => {
    const { objects } = await withEntry({ entry: 'replanned', plan: planned, rerun: [], elsewhere: false });
    await expect(readState(objects, 'r1')).rejects.toMatchObject(damage);
    await objects.put(keys.entry('r1', 1), bytes({ ...stamp, number: 1, entry: 'planned', plan: planned }));
    await expect(readState(objects, 'r1')).rejects.toMatchObject({ fault: 'input' });
  });

  it('cannot move a table away from its plain path', async () => {
    const world = await withEntry({
      entry: 'verified',
      tables: [{ table: 'songs', rows: 1, files: 1, bytes: 1, path: 's3://else/songs' }],
      findings: [],
    });
    const { verified } = await readState(world.objects, 'r1');
    expect(verified?.tables[0]?.path).toBe('s3://lake/root/songs');
  });

  it('is damaged if it is too large', async () => {
    const world = await withEntry({ entry: 'staged' });
    const { get } = world.objects;
    const asked: (number | undefined)[] = [];
    world.objects.get = (key: string, most?: number) => {
      asked.push(most);
      return get(key);
    };
    await readState(world.objects, 'r1');
    expect(asked.every((most) => most !== undefined && most <= 16 * 1024 * 1024)).toBe(true);
  });
});

describe('a journal', () => {
  it('with a gap is damaged, and does not count as ending there', async () => {
    const world = fakeWorld(1);
    await driveRun(world, await startRun(world));
    world.objects.contents.delete(keys.entry('r1', 4));
    await expect(readState(world.objects, 'r1')).rejects.toMatchObject({
      fault: 'input',
      message: `s3://lake/root/${keys.entry('r1', 4)} is missing`,
      why: [expect.stringMatching(/^entry 4 of the journal is not there, but entry \d+ is$/)],
      next: advising(/restore the object/),
    });
  });

  it('without its first entry is damaged', async () => {
    const world = await withEntry({ entry: 'staged' });
    world.objects.contents.delete(keys.entry('r1', 1));
    await expect(readState(world.objects, 'r1')).rejects.toMatchObject({
      message: `s3://lake/root/${keys.entry('r1', 1)} is missing`,
    });
  });

  it('that grows while it is read has no gap', async () => {
    const world = await withEntry({ entry: 'staged' });
    const { list } = world.objects;
    let listed = 0;
    world.objects.list = async function* (prefix: string) {
      listed += 1;
      if (listed === 1) {
        for (const number of [3, 4])
          await world.objects.put(keys.entry('r1', number), bytes({ ...stamp, number, entry: 'staged' }));
      }
      yield* list(prefix);
    };
    expect((await readState(world.objects, 'r1')).length).toBe(4);
  });

  it('ignores objects in its folder that are not entries', async () => {
    const world = await withEntry({ entry: 'staged' });
    for (const name of ['9.json', '-00009.json', '000009.json.bak', 'x/000009.json'])
      await world.objects.put(`${keys.journal('r1')}${name}`, bytes({}));
    expect((await readState(world.objects, 'r1')).length).toBe(2);
  });
});
