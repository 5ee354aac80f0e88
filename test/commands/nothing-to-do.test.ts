/** `landfall submit` and `plan` when nothing changed since the newest publication. */
import { ChildProcess } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run as plan } from '../../src/commands/plan.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { keys } from '../../src/lake/layout.ts';
import { publish, readPublication } from '../../src/lake/publication.ts';
import { madeOf } from '../../src/run/made-of.ts';
import { prepare } from '../../src/session/prepare.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { expectedPaths, landed, plainPaths } from '../lake/publishing.ts';
import { commandWorld } from '../support/command-world.ts';
import type { CommandWorld } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';
import { runEmr } from '../support/run-emr.ts';
import type { RunEmr } from '../support/run-emr.ts';
import { systemClock } from '../../src/system-clock.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

const { folder, remove } = temporaryFolder();
const templates = join(folder, 'templates');
const lake = join(folder, 'lake');
const store = openFolder(lake);
const home = join(folder, 'home');
let emr: RunEmr;
let world: CommandWorld;
let flags: Record<string, unknown>;

beforeAll(async () => {
  emr = await runEmr();
});
afterAll(async () => {
  await emr.close();
  remove();
});

/** A lake with one publication, of what submit would make now; its plain paths are behind. */
beforeEach(async () => {
  for (const path of [lake, templates, home]) rmSync(path, { recursive: true, force: true });
  writeTinyInputs(folder);
  cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
  configure();
  world = { ...commandWorld(folder), env: { LANDFALL_HOME: home }, clock: quick };
  flags = { lake, templates, cluster: 'new' };
  const prepared = await prepare('submit', flags, world);
  const tables = await landed(store, 'r1', [2003, 2004]);
  const about = { number: 1, run: 'r1', driver: 'd', kept: [], tables };
  await publish(store, { ...about, madeOf: madeOf({ ...prepared.plan, run: 'r1' }, {}) });
  spawned = 0;
  emr.requests.length = 0;
});

const quick = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 20), signal),
};

function configure(more = ''): void {
  writeFileSync(
    join(folder, 'dl.cfg'),
    `${emr.config}[INPUT]\nsong_data = song_data\nlog_data = log_data\n${more}`,
  );
}

let spawned = 0;
const { spawn } = ChildProcess.prototype as unknown as { spawn: (...args: unknown[]) => unknown };
beforeEach(() => {
  Object.assign(ChildProcess.prototype, {
    spawn(this: unknown, ...args: unknown[]) {
      spawned += 1;
      return spawn.apply(this, args);
    },
  });
});
afterEach(() => {
  Object.assign(ChildProcess.prototype, { spawn });
});

const submitting = async (more: Record<string, unknown> = {}) => {
  await submit({ ...flags, ...more }, world);
  return world.results.at(-1)!;
};
const planning = async (more: Record<string, unknown> = {}) => {
  await plan({ ...flags, ...more }, world);
  return world.results.at(-1)!;
};
const runs = async () => {
  const found: string[] = [];
  for await (const run of store.folders(keys.runs)) found.push(run);
  return found;
};

const SAID = [
  'nothing to do',
  'nothing changed since publication 1 of run r1: same inputs, templates and settings',
];

describe('submit when nothing changed', () => {
  it.each(['new', 'local'])(
    'finishes the plain paths and says so, without EMR, process or run: --cluster %s',
    async (cluster) => {
      const { tables, publishedAt } = (await readPublication(store, 1))!;
      const { text, value } = await submitting({ cluster });
      expect(value).toEqual({
        state: 'nothing to do',
        ...{ publication: 1, run: 'r1', publishedAt, lake: `file://${lake}`, plainPaths: 'finished' },
      });
      expect(text.split('\n')).toEqual([
        ...SAID,
        `its plain paths were behind, and are complete now, in ${lake}`,
        '--full runs everything all the same',
      ]);
      expect(await plainPaths(store)).toEqual(expectedPaths(tables));
      expect(emr.requests).toEqual([]);
      expect(spawned).toBe(0);
      expect(await runs()).toEqual([]);
      expect(existsSync(home)).toBe(false);
      expect((await submitting({ cluster })).value).toMatchObject({ plainPaths: 'complete' });
    },
  );

  it('does nothing under the id of a run that does not exist, or without following', async () => {
    for (const more of [{ 'run-id': 'nightly' }, { detach: true }])
      expect((await submitting(more)).value).toMatchObject({ state: 'nothing to do', run: 'r1' });
    expect(await runs()).toEqual([]);
  });

  it('runs everything with --full', async () => {
    await expect(submitting({ full: true })).rejects.toMatchObject({ fault: 'tables' });
    expect(emr.inputs('RunJobFlow')).toHaveLength(1);
    expect(emr.submitted()).toHaveLength(1);
  });

  it('is what a rollback makes of it, where the set that is current again is that of these inputs', async () => {
    const first = (await readPublication(store, 1))!;
    const other = { ...first.madeOf, inputs: { digest: 'other', run: 'r2' } };
    const tables = await landed(store, 'r2', [2005]);
    await publish(store, { number: 2, run: 'r2', driver: 'd', kept: [], tables, madeOf: other });
    expect((await planning()).text).not.toContain('nothing to do');
    await publish(store, { ...first, number: 3, rollbackTo: 1 });
    expect((await planning()).text).toContain('nothing changed since publication 3 of run r1');
  });
});

describe('plan when nothing changed', () => {
  it('says the same, and changes nothing', async () => {
    const behind = await planning();
    expect(behind.text.split('\n').map((line) => line.trim())).toEqual([
      ...SAID,
      `its plain paths are behind: submit finishes them, and nothing else, in ${lake}`,
      '--full runs everything all the same',
    ]);
    expect(behind.value).toMatchObject({ nothingToDo: { publication: 1, plainPaths: 'behind' } });
    expect(await plainPaths(store)).toEqual({});
    await submitting();
    expect((await planning()).value).toMatchObject({ nothingToDo: { plainPaths: 'complete' } });
    expect(emr.requests).toEqual([]);
    expect(spawned).toBe(0);
  });

  it('shows all stages with --full', async () => {
    const { text, value } = await planning({ full: true });
    expect(text).toContain('launch a cluster of emr-7.13.0');
    expect(value).not.toHaveProperty('nothingToDo');
  });
});

const change = (path: string, from: string, to: string) => {
  const text = readFileSync(join(templates, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(templates, path), text.replace(from, to));
};

describe('there is something to do', () => {
  it.each<[string, () => unknown]>([
    [
      'when an input was added',
      () => {
        writeFileSync(join(folder, 'song_data/two.json'), '{}\n');
      },
    ],
    [
      'when an input changed',
      () => {
        for (const name of inputsOf('log_data')) appendFileSync(name, '\n');
      },
    ],
    ['when a query changed', () => change('tables/log_transform/users.sql.hbs', 'SELECT', 'SELECT ')],
    ['when a source changed', () => change('sources/song_data.yaml', 'required: [', 'required: [title, ')],
    ['when a parameter changed', () => configure('[TABLES]\nsongplay_id = text\n')],
    ['when a limit changed', () => configure('[CHECKS]\nmax_quarantined = 2%\n')],
    [
      'when a published file is gone',
      async () => {
        const { tables } = (await readPublication(store, 1))!;
        await store.remove([tables[0]!.files[0]!.key]);
      },
    ],
    [
      'when a published file was replaced',
      async () => {
        const { tables } = (await readPublication(store, 1))!;
        const [file] = tables[0]!.files;
        await store.put(file!.key, new Uint8Array(file!.size));
      },
    ],
  ])('%s', async (_, make) => {
    expect((await planning()).text).toContain('nothing to do');
    await make();
    const { text, value } = await planning();
    expect(text).toContain('launch a cluster');
    expect(value).not.toHaveProperty('nothingToDo');
    rmSync(join(folder, 'song_data/two.json'), { force: true });
  });

  it('but not when only the release or the cluster is another, or words changed', async () => {
    configure('core_count = 1\n');
    change('sources/song_data.yaml', 'doc: ', 'doc: More about ');
    expect((await planning({ cluster: 'reuse' })).text).toContain('nothing to do');
  });

  it('when published files are damaged, and a note names them', async () => {
    const { tables } = (await readPublication(store, 1))!;
    const { key } = tables[0]!.files[0]!;
    await store.remove([key]);
    await planning();
    const notes = world.events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes.join('\n')).toContain(
      'nothing changed since publication 1, but its files are not as they were',
    );
    expect(notes.join('\n')).toContain(key);
  });
});

function inputsOf(source: string): string[] {
  return ['one.json'].map((name) => join(folder, source, name));
}
