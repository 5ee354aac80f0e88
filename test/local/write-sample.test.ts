import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeSample } from '../../src/local/write-sample.ts';

const cats = [
  { path: 'cats/a/1.json', text: '{"id":1}' },
  { path: 'cats/2.json.gz', text: '{"id":2}\n{"id":3}' },
];
const dogs = [{ path: 'dogs/1.json', text: '{"id":9}' }];

describe('writeSample', () => {
  let root: string;
  beforeEach(() => {
    root = join(mkdtempSync(join(tmpdir(), "landfall 'sample' ")), 'sample');
  });
  afterEach(() => rmSync(join(root, '..'), { recursive: true }));

  it('writes each source into a folder with its name, and compresses .gz files', () => {
    const { sources, written } = writeSample(root, [...cats, ...dogs]);
    expect(written).toBe(true);
    expect(sources).toEqual({ cats: join(root, 'cats'), dogs: join(root, 'dogs') });
    expect(readFileSync(join(root, 'cats/a/1.json'), 'utf8')).toBe('{"id":1}');
    expect(gunzipSync(readFileSync(join(root, 'cats/2.json.gz'))).toString()).toBe('{"id":2}\n{"id":3}');
    expect(readdirSync(join(root, 'cats')).sort()).toEqual(['2.json.gz', 'a']);
  });

  it('keeps an existing sample', () => {
    writeSample(root, cats);
    writeFileSync(join(root, 'cats/2.json.gz'), 'changed by hand');
    expect(writeSample(root, cats).written).toBe(false);
    expect(readFileSync(join(root, 'cats/2.json.gz'), 'utf8')).toBe('changed by hand');
  });

  it('writes the sample of another pipeline next to the first one', () => {
    writeSample(root, cats);
    writeSample(root, dogs);
    expect(existsSync(join(root, 'cats/a/1.json'))).toBe(true);
    expect(existsSync(join(root, 'dogs/1.json'))).toBe(true);
  });

  it('writes files again that were removed', () => {
    writeSample(root, cats);
    rmSync(join(root, 'cats'), { recursive: true });
    expect(writeSample(root, cats).written).toBe(true);
    expect(existsSync(join(root, 'cats/a/1.json'))).toBe(true);
  });

  it('refuses a folder with other files, and changes nothing', () => {
    mkdirSync(join(root, 'dogs'), { recursive: true });
    writeFileSync(join(root, 'dogs/diary.txt'), 'dear diary');
    expect(() => writeSample(root, [...cats, ...dogs])).toThrow('dogs holds other files, such as diary.txt');
    expect(readdirSync(root)).toEqual(['dogs']);
    expect(readdirSync(join(root, 'dogs'))).toEqual(['diary.txt']);
  });

  it('refuses to replace another sample of the same source', () => {
    writeSample(root, cats);
    expect(() => writeSample(root, [{ path: 'cats/1.json', text: '{}' }])).toThrow(
      'cats holds another sample',
    );
    expect(existsSync(join(root, 'cats/a/1.json'))).toBe(true);
  });

  it('accepts an empty folder, and refuses a file', () => {
    mkdirSync(join(root, 'cats'), { recursive: true });
    expect(writeSample(root, cats).written).toBe(true);
    writeFileSync(join(root, 'dogs'), 'x');
    expect(() => writeSample(root, dogs)).toThrow(/cannot read folder .*dogs/);
  });
});
