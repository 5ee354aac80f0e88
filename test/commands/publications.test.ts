/** What was published in a lake, what is current, and what a run's status says about it. */
import '../support/one-realm.ts';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as publications } from '../../src/commands/publications.ts';
import { run as runs } from '../../src/commands/runs.ts';
import { run as status } from '../../src/commands/status.ts';
import { keys } from '../../src/lake/layout.ts';
import { publish } from '../../src/lake/publication.ts';
import { createJournal } from '../../src/run/journal.ts';
import type { Entry } from '../../src/run/entries.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { plan } from '../support/fake-run.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { landed } from '../lake/publishing.ts';
import { madeOf } from '../lake/plans.ts';

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  mkdirSync(cwd, { recursive: true });
});
afterEach(() => remove());

async function begin(run: string, ...entries: Entry[]): Promise<void> {
  const { clock, random } = commandWorld(cwd);
  const objects = openFolder(cwd);
  const writer = { objects, clock, random, driver: 'd' };
  const journal = await createJournal(writer, {
    entry: 'planned',
    plan: { ...plan, run, lake: objects.uri },
  });
  for (const entry of entries) await journal.append(entry);
}

async function published(number: number, run: string, rollbackTo?: number): Promise<void> {
  const store = openFolder(cwd);
  const tables = await landed(store, run, [2001, 2002]);
  await publish(store, {
    number,
    run,
    driver: 'd',
    kept: [],
    madeOf,
    tables,
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
  });
}

const call = (verb: typeof runs, flags = {}) => outcomeOf(verb, { lake: cwd, ...flags }, commandWorld(cwd));

const succeeded = (publication: number): Entry[] => [
  { entry: 'publish-intent', publication },
  { entry: 'published', publication },
  { entry: 'mirrored', publication },
  { entry: 'finished', verdict: 'succeeded' },
];

describe('publications', () => {
  it('are listed newest first, with run, rows and a mark for the current one', async () => {
    await published(1, 'r1');
    await published(2, 'r2');
    await published(3, 'r1', 1);
    const { text, value } = await call(publications);
    expect(value).toMatchObject([
      { number: 3, run: 'r1', rollbackTo: 1, current: true },
      {
        number: 2,
        run: 'r2',
        current: false,
        tables: [
          { table: 'songs', rows: 2 },
          { table: 'users', rows: 1 },
        ],
      },
      { number: 1, run: 'r1', current: false },
    ]);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^number +published +run +rows$/),
      expect.stringMatching(/^ +3 +\S+ \S+ UTC +r1 +back to 1 +current +songs 2, users 1$/),
      expect.stringMatching(/^ +2 +\S+ \S+ UTC +r2 +songs 2, users 1$/),
      expect.stringMatching(/^ +1 +\S+ \S+ UTC +r1 +songs 2, users 1$/),
    ]);
  });

  it('that are damaged are reported, and hide no other', async () => {
    await published(1, 'r1');
    await openFolder(cwd).put(keys.publication(2), Buffer.from('{'));
    const { value, events } = await call(publications);
    expect(value).toMatchObject([{ number: 1, current: false }]);
    expect(JSON.stringify(events)).toContain('000002.json is damaged');
  });

  it('are reported as none if nothing was published', async () => {
    const world = commandWorld(cwd);
    await publications({ lake: cwd }, world);
    expect(world.said).toEqual([`nothing was published in file://${cwd}`]);
  });
});

describe('runs', () => {
  it('marks the run whose tables are current, also after a rollback, and says why a run failed', async () => {
    await begin('r1', ...succeeded(1));
    await begin('r2', ...succeeded(2));
    await begin('r3', {
      entry: 'finished',
      verdict: 'failed',
      fault: 'step',
      message: 'step s ended FAILED',
      why: ['no such column', 'at line 4'],
    });
    await published(1, 'r1');
    await published(2, 'r2');
    const marked = async () => {
      const { text, value } = await call(runs);
      const current = (value as { run: string; current: boolean }[]).filter((one) => one.current);
      return { text, current: current.map(({ run }) => run) };
    };
    expect((await marked()).current).toEqual(['r2']);
    await published(3, 'r1', 1);
    const { text, current } = await marked();
    expect(current).toEqual(['r1']);
    expect(text).toMatch(/^r1 +succeeded +2026-11-21 09:30 UTC +1 +current$/m);
    expect(text).toMatch(/^r3 +failed +2026-11-21 09:30 UTC\n {4}step s ended FAILED\n {4}no such column$/m);
  });
});

describe('status', () => {
  it('of a failed run says so, that nothing was published, what is current, and the next command', async () => {
    await published(1, 'r0');
    await begin('r1', { entry: 'finished', verdict: 'failed', fault: 'step', message: 'it failed' });
    const { text, value } = await call(status, { run: 'r1' });
    expect(text).toMatch(/^run r1 {2}failed: it failed$/m);
    expect(text).toMatch(/^nothing was published$/m);
    expect(text).toMatch(/^current in this lake: number 1, published \S+ \S+ UTC\n {2}of run r0$/m);
    expect(text.split('\n').at(-1)).toMatch(/^next: fix the cause, then landfall retry r1 --lake /);
    expect(value).toMatchObject({ beingCancelled: false, current: { number: 1, run: 'r0' } });
  });

  it('of a live run names its driver and the time of its last sign', async () => {
    await begin('r1', { entry: 'staged' });
    const owner = { driver: 'd', host: 'h', boot: 'b', pid: 7, released: false };
    await openFolder(cwd).put(keys.owner('r1'), Buffer.from(JSON.stringify(owner)));
    const { text, value } = await call(status, { run: 'r1' });
    expect(text).toMatch(/^driven by pid 7 on h, last heard of .* ago$/m);
    expect(text.split('\n').at(-1)).toMatch(/^next: landfall attach r1 --lake /);
    expect(value).toMatchObject({
      verdict: 'running',
      driven: { by: 'pid 7 on h', silentSeconds: expect.any(Number) },
    });
  });

  it('of a run without a driver says so, and that it is being cancelled', async () => {
    await begin('r1', { entry: 'cancel-requested', by: 'me' });
    const owner = { driver: 'd', host: 'h', boot: 'b', pid: 7, released: true };
    await openFolder(cwd).put(keys.owner('r1'), Buffer.from(JSON.stringify(owner)));
    const { text } = await call(status, { run: 'r1' });
    expect(text).toMatch(/^it is being cancelled$/m);
    expect(text).toMatch(/^driven by nobody$/m);
  });

  it('of a run that succeeded advises no next command', async () => {
    await published(1, 'r1');
    await begin('r1', ...succeeded(1));
    const { text, value } = await call(status, { run: 'r1' });
    expect(text).not.toMatch(/next:|nothing was published|driven by/);
    expect(value).not.toHaveProperty('next');
  });
});
