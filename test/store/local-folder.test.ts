import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openFolder } from '../../src/store/local-folder.ts';
import { temporaryName } from '../../src/store/local-writing.ts';
import { uriOf } from '../../src/store/store.ts';
import { bytes, keysOf, storeContract, text } from './contract.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "a lake's [folder] "));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('a local folder', () => {
  storeContract(() => Promise.resolve(openFolder(join(root, 'lake'))));

  it('has a raw file URI', () => {
    const store = openFolder(join(root, 'lake'));
    expect(uriOf(store, 'a b%20')).toBe(`file://${root}/lake/a b%20`);
  });

  it('need not exist, and is empty until something is written', async () => {
    const store = openFolder(join(root, 'not', 'yet'));
    expect(await keysOf(store, '')).toEqual([]);
    await store.remove(['a']);
    await store.now();
    expect(await readdir(root)).toEqual([]);
    await store.put('x', bytes('x'));
    expect(await readdir(join(root, 'not', 'yet'))).toEqual(['x']);
  });

  it('keeps names with line breaks', async () => {
    const store = openFolder(root);
    await store.put('new\nline\r', bytes('x'));
    expect(await keysOf(store, '')).toEqual(['new\nline\r']);
  });

  it('leaves no temporary file behind, whether a write succeeds or fails', async () => {
    const store = openFolder(root);
    await store.put('a', bytes('x'));
    await store.createIfAbsent('a', bytes('y'));
    await store.createIfAbsent('b', bytes('y'));
    await store.copy('a', 'c');
    await mkdir(join(root, 'folder'));
    await expect(store.put('folder', bytes('x'))).rejects.toMatchObject({ fault: 'input' });
    expect((await readdir(root)).sort()).toEqual(['a', 'b', 'c', 'folder']);
  });

  it('lists temporary files of crashed writers at any depth, but not those that may still be written', async () => {
    const store = openFolder(root);
    const told = async () => {
      const times: Date[] = [];
      for await (const at of store.incompleteUploads!()) times.push(at);
      return times;
    };
    expect(await told()).toEqual([]);
    await store.put('a/b/c', bytes('x'));
    const old = new Date(Math.floor((await store.now()).getTime() / 1000 - 3700) * 1000);
    await utimes(join(root, 'a/b/c'), old, old);
    for (const [folder, isOld] of [
      ['a/b', true],
      ['', true],
      ['a', false],
    ] as const) {
      const path = join(root, folder, temporaryName());
      await writeFile(path, 'half');
      if (isOld) await utimes(path, old, old);
    }
    expect(await told()).toEqual([old, old]);
    expect(await keysOf(store, '')).toEqual(['a/b/c']);
  });

  it('lets exactly one of fifty concurrent writers win, and keeps its content', async () => {
    const store = openFolder(root);
    const racers = Array.from({ length: 50 }, (_, n) => `racer ${String(n)}`);
    const won = await Promise.all(
      racers.map((racer) => store.createIfAbsent('deep/new/folder/a', bytes(racer))),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(text(await store.get('deep/new/folder/a'))).toBe(racers[won.indexOf(true)]);
    expect(await keysOf(store, '')).toEqual(['deep/new/folder/a']);
  });

  it('does not list a crashed writer’s temporary file as an object', async () => {
    await writeFile(join(root, '.landfall-tmp-1234'), 'half');
    expect(await keysOf(openFolder(root), '')).toEqual([]);
  });

  it('writes a separate file, so that a copy does not change with its source', async () => {
    const store = openFolder(root);
    await store.put('a', bytes('one'));
    await store.copy('a', 'b');
    await writeFile(join(root, 'a'), 'two');
    expect(text(await store.get('b'))).toBe('one');
  });

  it('changes the etag of a file that is rewritten with the same size', async () => {
    const store = openFolder(root);
    await writeFile(join(root, 'a'), 'one');
    const before = await store.head('a');
    await rm(join(root, 'a'));
    await writeFile(join(root, 'a'), 'two');
    expect((await store.head('a'))!.etag).not.toBe(before!.etag);
  });

  it('cannot be escaped through a name', async () => {
    const outside = join(root, 'secret');
    await writeFile(outside, 'secret');
    const store = openFolder(join(root, 'lake'));
    for (const key of ['../secret', 'a/../../secret', outside, '..', '.']) {
      await expect(store.get(key)).rejects.toMatchObject({ fault: 'input' });
      await expect(store.head(key)).rejects.toMatchObject({ fault: 'input' });
      await expect(store.getRange(key, 0, 1)).rejects.toMatchObject({ fault: 'input' });
      await expect(store.remove([key])).rejects.toMatchObject({ fault: 'input' });
      await expect(store.copy(key, 'a')).rejects.toMatchObject({ fault: 'input' });
      await expect(store.copy('a', key)).rejects.toMatchObject({ fault: 'input' });
      await expect(keysOf(store, key)).rejects.toMatchObject({ fault: 'input' });
    }
    expect(await readFile(outside, 'utf8')).toBe('secret');
  });

  describe('deleting', () => {
    it('also deletes folders that become empty, except the root', async () => {
      const store = openFolder(join(root, 'lake'));
      await store.put('songs/year=2003/a', bytes('x'));
      await store.put('songs/year=2004/b', bytes('x'));
      await store.remove(['songs/year=2004/b']);
      expect(await readdir(join(root, 'lake', 'songs'))).toEqual(['year=2003']);
      await writeFile(join(root, 'lake', 'songs', '.keep'), '');
      await store.remove(['songs/year=2003/a']);
      expect(await readdir(join(root, 'lake', 'songs'))).toEqual(['.keep']);
      await store.remove(['songs/.keep']);
      expect(await readdir(join(root, 'lake'))).toEqual([]);
    });

    it('does not disturb writers into the folders that it empties', async () => {
      const store = openFolder(root);
      const lane = async (name: string) => {
        for (let n = 0; n < 150; n += 1) {
          await store.put(`folder/deep/${name}`, bytes('x'));
          await store.remove([`folder/deep/${name}`]);
        }
      };
      await Promise.all([lane('a'), lane('b')]);
      expect(await keysOf(store, '')).toEqual([]);
    });
  });

  describe('links in inputs', () => {
    it('are followed, but not in circles', async () => {
      await mkdir(join(root, 'data', 'in'), { recursive: true });
      await mkdir(join(root, 'elsewhere'));
      await writeFile(join(root, 'data', 'in', 'a.json'), '{}');
      await writeFile(join(root, 'elsewhere', 'b.json'), '{}');
      await symlink(join(root, 'elsewhere'), join(root, 'data', 'linked'));
      await symlink(join(root, 'data'), join(root, 'data', 'in', 'loop'));
      await symlink(join(root, 'elsewhere', 'b.json'), join(root, 'data', 'c.json'));
      const keys = await keysOf(openFolder(join(root, 'data'), 'followed'), '');
      expect(keys).toEqual(['c.json', 'in/a.json', 'linked/b.json']);
    });

    it('that are broken are named, because they would be left out silently', async () => {
      await symlink(join(root, 'gone'), join(root, 'broken.json'));
      await expect(keysOf(openFolder(root, 'followed'), '')).rejects.toThrow(/broken\.json.* leads nowhere/);
    });
  });

  it('names a file whose name is not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff, 0xfe])]), 'x');
    await expect(keysOf(openFolder(root, 'followed'), '')).rejects.toThrow(/not UTF-8/);
  });

  it('names the file and the next move if a file is in the way of a folder', async () => {
    await writeFile(join(root, 'songs'), 'x');
    const store = openFolder(root);
    await expect(store.put('songs/a', bytes('x'))).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining(join(root, 'songs', 'a')),
      next: expect.stringContaining('move it away'),
    });
    expect(await keysOf(store, 'songs/')).toEqual([]);
  });

  it('names the folder and the next move if a folder is in the way of a file', async () => {
    await mkdir(join(root, 'entry.json'));
    await expect(openFolder(root).createIfAbsent('entry.json', bytes('x'))).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('is a folder, and a file belongs there'),
    });
  });

  it('writes files with the permissions of any new file', async () => {
    await openFolder(root).put('a', bytes('x'));
    await writeFile(join(root, 'plain'), 'x');
    expect((await stat(join(root, 'a'))).mode).toBe((await stat(join(root, 'plain'))).mode);
  });
});
