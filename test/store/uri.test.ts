import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { realUri } from '../../src/store/real-uri.ts';
import { place } from '../../src/shell-words.ts';
import { canonicalUri, parseUri, relation } from '../../src/store/uri.ts';

describe('a location as a user writes it', () => {
  it.each([
    ['s3://bucket/a/b', 's3://bucket/a/b'],
    ['s3a://bucket/a/b/', 's3://bucket/a/b'],
    ['S3N://bucket', 's3://bucket'],
    ['s3://bucket//a///b//', 's3://bucket/a/b'],
    ['s3://bucket/a b/%20/#?=[x]/é', 's3://bucket/a b/%20/#?=[x]/é'],
    ['/data/lake', 'file:///data/lake'],
    ['/data/lake//', 'file:///data/lake'],
    ['data/my lake', 'file:///home/me/data/my lake'],
    ['../lake', 'file:///home/lake'],
    ['.', 'file:///home/me'],
    ['~/lake', 'file:///home/me/~/lake'],
    ['file:///data/a%20b#c', 'file:///data/a%20b#c'],
    ['file:/data/lake', 'file:///data/lake'],
    ['file://localhost/data', 'file:///data'],
    ['year=2004', 'file:///home/me/year=2004'],
    ['/', 'file://'],
  ])('%s is %s', (text, uri) => {
    expect(canonicalUri(text, '/home/me')).toBe(uri);
    expect(canonicalUri(uri === 'file://' ? '/' : uri, '/elsewhere')).toBe(uri);
  });

  it.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['s3://', 'names no bucket'],
    ['s3:///a', 'names no bucket'],
    ['s3://{bucket}/a', 'is not a bucket name'],
    ['s3://bucket/a/../b', '".."'],
    ['hdfs://host/a', 'hdfs:// is not supported'],
    ['https://bucket.s3.amazonaws.com/a', 'https:// is not supported'],
    ['file://host/a', 'three slashes'],
    ['a\0b', 'NUL'],
  ])('%j is refused', (text, why) => {
    expect(() => parseUri(text, '/')).toThrow(
      expect.objectContaining({ fault: 'input', message: expect.stringContaining(why) }),
    );
  });

  it('is shown as a plain path when it is local', () => {
    expect(place('file:///data/a b%')).toBe('/data/a b%');
    expect(place('file://')).toBe('/');
    expect(place('s3://bucket/a')).toBe('s3://bucket/a');
  });

  it.each([
    ['s3://b/a', 's3://b/a', 'equal'],
    ['s3://b/a/c', 's3://b/a', 'inside'],
    ['s3://b', 's3://b/a', 'around'],
    ['s3://b/a', 's3://b/ab', 'apart'],
    ['s3://b', 's3://bc', 'apart'],
    ['file://', 'file:///a', 'around'],
    ['s3://b/a', 'file:///b/a', 'apart'],
  ])('%s relates to %s as: %s', (a, b, is) => {
    expect(relation(a, b)).toBe(is);
  });

  it('is resolved through links, even if its end does not exist yet', async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'landfall-uri-')));
    await mkdir(join(root, 'input'));
    await symlink(join(root, 'input'), join(root, 'link'));
    expect(realUri(`file://${root}/link/new/lake`)).toBe(`file://${root}/input/new/lake`);
    expect(realUri('s3://bucket/link')).toBe('s3://bucket/link');
    await rm(root, { recursive: true });
  });

  it('opens the store that it names', async () => {
    expect((await openStore('s3a://bucket/a/', { region: 'eu-west-1' })).uri).toBe('s3://bucket/a');
    expect((await openStore('file:///data/a b')).uri).toBe('file:///data/a b');
    expect((await openStore('/data/a b')).uri).toBe('file:///data/a b');
  });
});
