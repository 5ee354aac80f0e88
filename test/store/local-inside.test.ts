import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openFolder } from '../../src/store/local-folder.ts';
import type { Store } from '../../src/store/store.ts';
import { bytes, keysOf, listed, text } from './contract.ts';

let base: string;
let root: string;
let outside: string;
let store: Store;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'inside-'));
  root = join(base, 'lake');
  outside = join(base, 'outside');
  mkdirSync(join(root, 'runs'), { recursive: true });
  mkdirSync(join(outside, 'deep'), { recursive: true });
  writeFileSync(join(outside, 'deep/secret'), 'secret');
  store = openFolder(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const isLink = { fault: 'input', message: expect.stringContaining('is a link') };
const isSpecial = { fault: 'input', message: expect.stringContaining('is not a regular file') };

async function foldersOf(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const name of store.folders(prefix)) found.push(name);
  return found;
}

describe('a lake in a folder', () => {
  it.each(['absolute', 'relative'])(
    'is not escaped through an %s link to a folder, whatever the operation',
    async (how) => {
      symlinkSync(how === 'absolute' ? outside : '../../outside', join(root, 'runs/out'));
      const key = 'runs/out/deep/secret';
      await store.put('mine', bytes('mine'));
      for (const attempt of [
        () => store.get(key),
        () => store.getRange(key, 0, 1),
        () => store.head(key),
        () => store.put(key, bytes('x')),
        () => store.put('runs/out/new/file', bytes('x')),
        () => store.createIfAbsent('runs/out/deep/new', bytes('x')),
        () => store.copy(key, 'copy'),
        () => store.copy('mine', key),
        () => store.remove([key]),
        () => keysOf(store, 'runs/out/'),
        () => keysOf(store, 'runs/out/de'),
        () => foldersOf('runs/out/'),
      ]) {
        await expect(attempt()).rejects.toMatchObject(isLink);
      }
      expect(readdirSync(outside, { recursive: true }).sort()).toEqual(['deep', 'deep/secret']);
      expect(readFileSync(join(outside, 'deep/secret'), 'utf8')).toBe('secret');
      expect(await keysOf(store, '')).toEqual(['mine', 'runs/out']);
    },
  );

  it('names the link that is in the way, and what to do', async () => {
    symlinkSync(outside, join(root, 'runs/out'));
    await expect(store.get('runs/out/deep/secret')).rejects.toMatchObject({
      message: expect.stringContaining(join(root, 'runs/out')),
      next: 'remove the link, or replace it with what it points to',
    });
  });

  it('lists a link as an object, which is not read, and is deleted without its target', async () => {
    symlinkSync(join(outside, 'deep/secret'), join(root, 'file'));
    symlinkSync(join(base, 'nowhere'), join(root, 'broken'));
    expect(await listed(store, '')).toMatchObject([
      { key: 'broken', size: 0 },
      { key: 'file', size: 0 },
    ]);
    expect(await store.head('file')).toMatchObject({ key: 'file', size: 0 });
    await expect(store.get('file')).rejects.toMatchObject(isLink);
    await expect(store.getRange('file', 0, 1)).rejects.toMatchObject(isLink);
    await expect(store.copy('file', 'copy')).rejects.toMatchObject(isLink);
    await store.remove(['file', 'broken']);
    expect(await keysOf(store, '')).toEqual([]);
    expect(existsSync(join(outside, 'deep/secret'))).toBe(true);
  });

  it('replaces a link when a file is written in its place, and treats it as an existing name', async () => {
    symlinkSync(join(outside, 'deep/secret'), join(root, 'put'));
    symlinkSync(join(outside, 'deep/secret'), join(root, 'copied'));
    symlinkSync(join(outside, 'new'), join(root, 'created'));
    await store.put('put', bytes('mine'));
    await store.copy('put', 'copied');
    expect(await store.createIfAbsent('created', bytes('mine'))).toBe(false);
    expect(text(await store.get('copied'))).toBe('mine');
    expect(lstatSync(join(root, 'put')).isSymbolicLink()).toBe(false);
    expect(readFileSync(join(outside, 'deep/secret'), 'utf8')).toBe('secret');
    expect(existsSync(join(outside, 'new'))).toBe(false);
  });

  it('may itself be a link, or be below one', async () => {
    symlinkSync(base, join(base, 'way'));
    symlinkSync(root, join(base, 'root'));
    for (const path of [join(base, 'way/lake'), join(base, 'root')]) {
      const linked = openFolder(path);
      await linked.put('runs/a', bytes('x'));
      expect(text(await linked.get('runs/a'))).toBe('x');
      await linked.remove(['runs/a']);
      expect(await keysOf(linked, '')).toEqual([]);
    }
  });

  it('lists a linked folder by its name, so that it is not left out', async () => {
    await store.put('runs/real/x', bytes('x'));
    symlinkSync(outside, join(root, 'runs/out'));
    expect(await foldersOf('runs/')).toEqual(['out', 'real']);
  });

  it('lists a name that is not UTF-8 with the others, also of a folder or a link, but reads nothing by it', async () => {
    await store.put('runs/real/x', bytes('x'));
    const bad = (name: string) => Buffer.concat([Buffer.from(join(root, 'runs', name)), Buffer.from([0xff])]);
    mkdirSync(bad('folder'));
    writeFileSync(Buffer.concat([bad('folder'), Buffer.from('/x')]), 'x');
    writeFileSync(bad('file'), 'x');
    symlinkSync(outside, bad('link'));
    symlinkSync(outside, join(root, 'runs/\uFFFD'));
    const names = ['file\uFFFD', 'folder\uFFFD', 'link\uFFFD', 'real/x', '\uFFFD'];
    expect(await keysOf(store, 'runs/')).toEqual(names.map((name) => `runs/${name}`));
    expect(await foldersOf('runs/')).toEqual(['folder\uFFFD', 'link\uFFFD', 'real', '\uFFFD']);
    expect(await store.get('runs/file\uFFFD')).toBeUndefined();
    await expect(store.get('runs/\uFFFD')).rejects.toMatchObject(isLink);
  });

  it('refuses a FIFO, a socket and a device by name, without blocking', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    symlinkSync('/dev/zero', join(root, 'device'));
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((done) => server.once('listening', done));
    try {
      for (const name of ['fifo', 'socket']) {
        await expect(store.get(name)).rejects.toMatchObject(isSpecial);
        await expect(store.getRange(name, 0, 1)).rejects.toMatchObject(isSpecial);
        await expect(store.copy(name, 'copy')).rejects.toMatchObject(isSpecial);
      }
      await expect(store.get('device')).rejects.toMatchObject(isLink);
      await expect(openFolder('/dev').get('zero')).rejects.toMatchObject(isSpecial);
      expect(await keysOf(store, '')).toEqual(['device', 'fifo', 'socket']);
    } finally {
      server.close();
    }
  });

  it('reads nothing of a file that is larger than the reader allows', async () => {
    await store.put('small', bytes('12345'));
    expect(text(await store.get('small', 5))).toBe('12345');
    await expect(store.get('small', 4)).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('too large'),
      why: ['it has 5 bytes; at most 4 are read'],
    });
    writeFileSync(join(root, 'huge'), '');
    truncateSync(join(root, 'huge'), 3_000_000_000);
    await expect(store.get('huge')).rejects.toMatchObject({ fault: 'input' });
  });
});
