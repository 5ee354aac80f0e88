/** Where the local endpoint of a run keeps its state, and where the run may continue. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkEndpointHere, stateFolderOf } from '../../src/session/local-cluster.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld } from '../support/command-world.ts';
import { begun, plan } from '../support/fake-run.ts';

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'landfall-state-')));
});
afterEach(() => rmSync(base, { recursive: true }));

const world = () => ({ ...commandWorld(base), env: { LANDFALL_HOME: join(base, 'home') } });
const lake = (name: string) => openFolder(join(base, name));
const folderOf = (name: string, run = 'r1') => stateFolderOf(world(), lake(name), run);

describe('the state folder of a local endpoint', () => {
  it('is named after run and lake, directly in the private folder', () => {
    const folder = folderOf('lake');
    expect(dirname(folder)).toBe(join(base, 'home', 'emr-local'));
    expect(basename(folder)).toMatch(/^r1-[0-9a-f]{16}$/);
    expect(folderOf('lake')).toBe(folder);
    expect(new Set([folder, folderOf('other lake'), folderOf('lake', 'r2')]).size).toBe(3);
  });

  it('is the same for every link to the lake', () => {
    mkdirSync(join(base, 'lake'));
    symlinkSync(join(base, 'lake'), join(base, 'link'));
    expect(folderOf('link')).toBe(folderOf('lake'));
  });

  it.each(['..', '../..', 'a/b', '', '.', '/etc', 'r1/../../x'])('is never made from %j', (run) => {
    expect(() => folderOf('lake', run)).toThrow(expect.objectContaining({ fault: 'input' }));
  });
});

describe('a run on the local endpoint of another machine', () => {
  const state = {
    ...begun,
    plan: { ...plan, cluster: { kind: 'local' } as const },
    endpoint: 'elsewhere',
  };

  it('does not continue here; the message names both machines and both next moves', () => {
    const refusal = expect.objectContaining({
      fault: 'access',
      message: 'run r1 runs on the local EMR endpoint of another machine',
      why: ['it was started on "elsewhere", and this is "test"'],
      next: expect.arrayContaining([
        expect.objectContaining({ verb: 'attach', words: expect.arrayContaining(['--take-over']) }),
      ]),
    });
    expect(() => checkEndpointHere(world(), lake('lake'), state)).toThrow(refusal);
  });

  it('continues on that machine, and wherever its state is, whatever the host’s current name', () => {
    checkEndpointHere(world(), lake('lake'), { ...state, endpoint: 'test' });
    mkdirSync(folderOf('lake'), { mode: 0o700 });
    expect(() => checkEndpointHere(world(), lake('lake'), state)).not.toThrow();
  });
});
