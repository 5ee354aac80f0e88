/** A local lake that belongs to another user is not worked on, unless the user says that it is trusted. */
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as cancel } from '../../src/commands/cancel.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { refuseForeignLake } from '../../src/commands/lake-owner.ts';
import { run as publish } from '../../src/commands/publish.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld } from '../support/command-world.ts';

let lake: string;
beforeEach(() => {
  lake = mkdtempSync(join(tmpdir(), 'a foreign lake '));
});
afterEach(() => rmSync(lake, { recursive: true }));

const check = (flags: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  refuseForeignLake(openFolder(lake), flags, { ...commandWorld(lake), env });

describe('a local lake', () => {
  it('of ours is worked on', () => {
    mkdirSync(join(lake, '_landfall/runs'), { recursive: true });
    expect(() => check()).not.toThrow();
  });
});

// Only root can give a folder away.
(process.geteuid?.() === 0 ? describe : describe.skip)('a local lake of another user', () => {
  it.each(['', '_landfall', '_landfall/runs', '_landfall/published'])(
    'is refused when %j in it belongs to that user, unless --trust-lake says otherwise',
    (path) => {
      for (const folder of ['runs', 'published'])
        mkdirSync(join(lake, '_landfall', folder), { recursive: true });
      chownSync(join(lake, path), 12_345, 12_345);
      expect(() => check()).toThrow(`the lake ${lake} belongs to another user`);
      expect(() => check({ 'trust-lake': true })).not.toThrow();
      expect(() => check({}, { SUDO_UID: '12345' })).not.toThrow();
      expect(() => check({}, { SUDO_UID: '54321' })).toThrow('belongs to another user');
    },
  );

  it('may be begun in a folder where Landfall keeps nothing yet', () => {
    chownSync(lake, 12_345, 12_345);
    expect(() => check()).not.toThrow();
  });

  it.each([
    ['cancel', cancel, {}],
    ['publish', publish, {}],
    ['rollback', rollback, {}],
    ['gc', gc, { yes: true }],
  ])('is refused by %s', async (_, verb, flags) => {
    mkdirSync(join(lake, '_landfall/runs'), { recursive: true });
    chownSync(lake, 12_345, 12_345);
    await expect(verb({ ...flags, lake }, commandWorld(lake))).rejects.toMatchObject({
      fault: 'input',
      message: `the lake ${lake} belongs to another user`,
      why: [`${lake} belongs to user 12345, and we are 0`],
    });
  });
});
