import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { landfallHome } from '../../src/local/landfall-home.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-home-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("landfall's own folder", () => {
  it('is LANDFALL_HOME, else in XDG_CACHE_HOME, else in ~/.cache', () => {
    const [own, cache] = [join(folder, 'own'), join(folder, 'cache')];
    expect(landfallHome({ LANDFALL_HOME: own, XDG_CACHE_HOME: cache, HOME: folder })).toBe(own);
    expect(landfallHome({ LANDFALL_HOME: '', XDG_CACHE_HOME: cache, HOME: folder })).toBe(
      join(cache, 'landfall'),
    );
    expect(landfallHome({ XDG_CACHE_HOME: 'relative', HOME: folder })).toBe(
      join(folder, '.cache', 'landfall'),
    );
    expect(statSync(own).mode & 0o777).toBe(0o700);
  });

  it('that cannot be created is refused by its name, with the next move', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => landfallHome({ LANDFALL_HOME: join(folder, 'file', 'home') })).toThrow(
      `the folder ${join(folder, 'file', 'home')} cannot be written to (ENOTDIR)`,
    );
  });

  it('that others can write to is refused, because Landfall runs programs from it', () => {
    const home = join(folder, 'shared');
    mkdirSync(home);
    chmodSync(home, 0o777);
    expect(() => landfallHome({ LANDFALL_HOME: home })).toThrow(
      `the folder ${home} can be written to by other users`,
    );
    chmodSync(home, 0o755);
    expect(landfallHome({ LANDFALL_HOME: home })).toBe(home);
  });

  it('that belongs to another user is refused', () => {
    const home = join(folder, 'foreign');
    mkdirSync(home);
    const owner = statSync(home).uid;
    expect(landfallHome({ LANDFALL_HOME: home }, owner)).toBe(home);
    expect(() => landfallHome({ LANDFALL_HOME: home }, owner + 1)).toThrow(
      `the folder ${home} belongs to user ${String(owner)}, and this process runs as user ${String(owner + 1)}`,
    );
  });

  it('is not below a HOME that is not an absolute path', () => {
    const home = landfallHome({ XDG_CACHE_HOME: join(folder, 'cache'), HOME: 'relative' });
    expect(home).toBe(join(folder, 'cache', 'landfall'));
  });
});
