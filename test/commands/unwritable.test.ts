/** Locations that cannot be written are reported before anything is started. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as render } from '../../src/commands/render.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  writeTinyInputs(cwd);
});
afterEach(() => remove());

/** Nobody can create a folder there, not even the superuser, because /proc refuses it. */
const NOWHERE = '/proc/lake';

describe('render --to', () => {
  const rendering = (to: string) => outcomeOf(render, { to }, commandWorld(cwd));

  it('writes to a new folder, and to one that it wrote before', async () => {
    expect((await rendering('new')).failure).toBeUndefined();
    expect((await rendering('new')).failure).toBeUndefined();
    expect(readdirSync(join(cwd, 'new')).sort()).toEqual(['log_transform.py', 'song_transform.py']);
  });

  it.each([
    ['a file', 'file', 'there is a file where a folder should be'],
    ['a folder below a file', 'file/below', 'there is a file where a folder should be'],
    ['a place that takes no folder', NOWHERE, 'the folder cannot be made there'],
  ])('%s is a mistake that is named', async (_, to, why) => {
    writeFileSync(join(cwd, 'file'), 'mine');
    expect((await rendering(to)).failure).toMatchObject({
      fault: 'input',
      message: `--to ${to} cannot be written`,
      why: [why],
    });
  });

  it('refuses a folder that has another file under a step’s name, and writes nothing', async () => {
    mkdirSync(join(cwd, 'project'));
    writeFileSync(join(cwd, 'project/song_transform.py'), 'import mine\n');
    expect((await rendering('project')).failure).toMatchObject({
      fault: 'input',
      message: `${join(cwd, 'project/song_transform.py')} exists and is not a rendered step`,
    });
    expect(readdirSync(join(cwd, 'project'))).toEqual(['song_transform.py']);
    expect(readFileSync(join(cwd, 'project/song_transform.py'), 'utf8')).toBe('import mine\n');
  });

  it('refuses a folder that this user may not write to', async () => {
    mkdirSync(join(cwd, 'shut'));
    chmodSync(join(cwd, 'shut'), 0o555);
    const { failure } = await rendering('shut');
    // The superuser may write to it anyway.
    if (process.geteuid?.() === 0) expect(failure).toBeUndefined();
    else expect(failure).toMatchObject({ fault: 'input', why: ['permission denied'] });
    chmodSync(join(cwd, 'shut'), 0o755);
  });
});

describe('submit', () => {
  it.each([
    ['takes no folder', NOWHERE],
    ['lies below a file', 'file/lake'],
  ])('notices that the lake %s before Spark is set up', async (_, lake) => {
    writeFileSync(join(cwd, 'file'), 'mine');
    const home = join(cwd, 'home');
    const world = { ...commandWorld(cwd), env: { LANDFALL_HOME: home } };
    const flags = { cluster: 'local', lake, 'song-data': 'song_data', 'log-data': 'log_data' };
    const { failure } = await outcomeOf(submit, flags, world);
    expect(failure).toMatchObject({ fault: 'input' });
    expect([failure?.message, ...failure!.why].join(' ')).toContain(lake);
    expect(readdirSync(home)).toEqual([]);
  });
});
