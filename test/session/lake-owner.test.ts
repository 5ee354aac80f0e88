/** A local lake that belongs to another user is not changed, unless it is trusted. */
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as cancel } from '../../src/commands/cancel.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { isTrusted, refuseForeignLake } from '../../src/session/lake-owner.ts';
import { run as publish } from '../../src/commands/publish.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { commandWorld } from '../support/command-world.ts';

let lake: string;
beforeEach(() => {
  lake = mkdtempSync(join(tmpdir(), 'a foreign lake '));
});
afterEach(() => rmSync(lake, { recursive: true }));

/** This user, and a user who is not trusted. */
const us = process.geteuid?.() ?? 0;
const stranger = us + 12_345;

/** Makes `path` in the lake another user's. Root changes its owner; other users check it with a different user id. */
function giveToOtherUser(path: string): { owner: number; user: number } {
  if (us !== 0) return { owner: us, user: stranger };
  chownSync(join(lake, path), stranger, stranger);
  return { owner: stranger, user: us };
}

const check = (user: number, flags: Record<string, unknown> = {}) =>
  refuseForeignLake(openFolder(lake), flags, { ...commandWorld(lake), user });

describe('who owns a lake', () => {
  it.each<[string, boolean, number, number, string?]>([
    ['we', true, 1000, 1000],
    ['root', true, 0, 1000],
    ['another user', false, 1001, 1000],
    ['another user, and we are root', false, 1001, 0],
    ['who called us by sudo', true, 1001, 0, '1001'],
    ['another user than who called us by sudo', false, 1001, 0, '1002'],
    ['another user, whom SUDO_UID names though we are not root', false, 1001, 1000, '1001'],
    ['another user, and SUDO_UID is no number', false, 1001, 0, '1001x'],
    ['another user, and SUDO_UID is empty', false, 1001, 0, ''],
  ])('%s: trusted is %s', (...[, trusted, owner, user, sudoUser]) => {
    expect(isTrusted(owner, user, sudoUser)).toBe(trusted);
  });
});

describe('a local lake', () => {
  beforeEach(() => {
    for (const folder of ['runs', 'published'])
      mkdirSync(join(lake, '_landfall', folder), { recursive: true });
    mkdirSync(join(lake, 'delta'), { recursive: true });
  });

  it('of this user is changed', () => {
    expect(() => check(us)).not.toThrow();
  });

  it.each(['', '_landfall', '_landfall/runs', '_landfall/published', 'delta'])(
    'is refused if %j in it belongs to another user, unless --trust-lake is given',
    (path) => {
      const { user } = giveToOtherUser(path);
      expect(() => check(user)).toThrow(`the lake ${lake} belongs to another user`);
      expect(() => check(user, { 'trust-lake': true })).not.toThrow();
    },
  );

  it('may be created in a folder where Landfall has no files yet', () => {
    rmSync(join(lake, '_landfall'), { recursive: true });
    expect(() => check(giveToOtherUser('').user)).not.toThrow();
  });

  it.each([
    ['cancel', cancel, {}],
    ['publish', publish, {}],
    ['rollback', rollback, {}],
    ['gc', gc, { yes: true }],
  ])('of another user is refused by %s', async (_, verb, flags) => {
    const { owner, user } = giveToOtherUser('');
    await expect(verb({ ...flags, lake }, { ...commandWorld(lake), user })).rejects.toMatchObject({
      fault: 'input',
      message: `the lake ${lake} belongs to another user`,
      why: [`${lake} belongs to user ${String(owner)}, and this process runs as user ${String(user)}`],
    });
  });
});
