import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHIPPED, findPipeline, readPipelineFolder } from '../../src/session/pipeline-folder.ts';

describe('the folder of templates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-templates-'));
    mkdirSync(join(folder, 'my pipeline/a'), { recursive: true });
    writeFileSync(join(folder, 'my pipeline/a/b.sql.hbs'), 'SELECT 1');
    writeFileSync(join(folder, 'my pipeline/.hidden'), '');
    writeFileSync(join(folder, 'secret'), 'secret');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = () => readPipelineFolder({ name: 'my pipeline', place: join(folder, 'my pipeline') });

  it('is read completely, except hidden files', () => {
    expect(read()).toEqual({ name: 'my pipeline', files: [{ path: 'a/b.sql.hbs', text: 'SELECT 1' }] });
  });

  it.each([
    ['a link to a file outside', () => symlinkSync('../secret', inFolder('x')), 'x is a link'],
    ['a link to a folder outside', () => symlinkSync('..', inFolder('x')), 'x is a link'],
    ['a named pipe', () => execFileSync('mkfifo', [inFolder('a/x')]), 'a/x is not a regular file'],
    ['a huge file', () => writeFileSync(inFolder('x'), Buffer.alloc(2 ** 20 + 1)), 'x is larger than 1 MiB'],
  ])('with %s is refused, and that is named', (_, make, message) => {
    make();
    expect(read).toThrow(`my pipeline/${message}`);
  });

  it('is refused if it contains far more than a pipeline', () => {
    mkdirSync(inFolder('many'));
    for (let index = 0; index < 1001; index += 1) writeFileSync(inFolder(`many/${String(index)}`), '');
    expect(read).toThrow('the folder has more than 1000 files');
  });

  const inFolder = (name: string) => join(folder, 'my pipeline', name);
});

describe('the chosen pipeline', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-chosen-'));
    mkdirSync(join(folder, 'conf'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const find = (flags: Record<string, string> = {}, env: Record<string, string> = {}) =>
    findPipeline(flags, { cwd: folder, prefix: undefined, env });

  it('is the one that comes with Landfall by default', () => {
    expect(find()).toBe(SHIPPED);
  });

  it('is that of --templates, as spelled there, else of LANDFALL_PIPELINE, else of dl.cfg', () => {
    writeFileSync(join(folder, 'dl.cfg'), '[PIPELINE]\npath = of file\n');
    expect(find()).toEqual({ name: 'of file', place: join(folder, 'of file') });
    const env = { LANDFALL_PIPELINE: './of env' };
    expect(find({}, env)).toEqual({ name: 'of env', place: join(folder, 'of env') });
    expect(find({ templates: './given/' }, env)).toEqual({ name: './given/', place: join(folder, 'given') });
  });

  it('is relative to the dl.cfg that names it, and is shown relative to the current folder', () => {
    writeFileSync(join(folder, 'conf/my.cfg'), '[PIPELINE]\npath = mine\n');
    expect(find({ config: 'conf/my.cfg' })).toEqual({ name: 'conf/mine', place: join(folder, 'conf/mine') });
    writeFileSync(join(folder, 'conf/my.cfg'), '[PIPELINE]\npath = /elsewhere\n');
    expect(find({ config: 'conf/my.cfg' })).toEqual({ name: '/elsewhere', place: '/elsewhere' });
  });
});
