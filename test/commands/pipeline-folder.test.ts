import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readPipelineFolder } from '../../src/commands/pipeline-folder.ts';

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
  const read = () => readPipelineFolder('my pipeline', folder);

  it('is read whole, but for hidden files', () => {
    expect(read()).toEqual({ name: 'my pipeline', files: [{ path: 'a/b.sql.hbs', text: 'SELECT 1' }] });
  });

  it.each([
    ['a link to a file outside', () => symlinkSync('../secret', inFolder('x')), 'x is a link'],
    ['a link to a folder outside', () => symlinkSync('..', inFolder('x')), 'x is a link'],
    ['a named pipe', () => execFileSync('mkfifo', [inFolder('a/x')]), 'a/x is no regular file'],
    ['a huge file', () => writeFileSync(inFolder('x'), Buffer.alloc(2 ** 20 + 1)), 'x has more than 1 MiB'],
  ])('is refused for %s, which is named', (_, make, message) => {
    make();
    expect(read).toThrow(`my pipeline/${message}`);
  });

  it('is refused when it holds far more than a pipeline', () => {
    mkdirSync(inFolder('many'));
    for (let index = 0; index < 1001; index += 1) writeFileSync(inFolder(`many/${String(index)}`), '');
    expect(read).toThrow('there are more than 1000 files in it');
  });

  const inFolder = (name: string) => join(folder, 'my pipeline', name);
});
