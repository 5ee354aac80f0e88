import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readTemplates } from '../../src/commands/templates.ts';

describe('the folder of templates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-templates-'));
    mkdirSync(join(folder, 'spark-templates/a'), { recursive: true });
    writeFileSync(join(folder, 'spark-templates/a/b.sql.hbs'), 'SELECT 1');
    writeFileSync(join(folder, 'spark-templates/.hidden'), '');
    writeFileSync(join(folder, 'secret'), 'secret');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = () => readTemplates(undefined, folder);

  it('is read whole, but for hidden files', () => {
    expect(read()).toEqual([{ path: 'a/b.sql.hbs', text: 'SELECT 1' }]);
  });

  it.each([
    ['a link to a file outside', () => symlinkSync('../secret', inFolder('x')), 'x is a link'],
    ['a link to a folder outside', () => symlinkSync('..', inFolder('x')), 'x is a link'],
    ['a named pipe', () => execFileSync('mkfifo', [inFolder('a/x')]), 'a/x is no regular file'],
    ['a huge file', () => writeFileSync(inFolder('x'), Buffer.alloc(2 ** 20 + 1)), 'x has more than 1 MiB'],
  ])('is refused for %s, which is named', (_, make, message) => {
    make();
    expect(read).toThrow(`spark-templates/${message}`);
  });

  it('is refused when it holds far more than a pipeline', () => {
    mkdirSync(inFolder('many'));
    for (let index = 0; index < 1001; index += 1) writeFileSync(inFolder(`many/${String(index)}`), '');
    expect(read).toThrow('there are more than 1000 files in it');
  });

  const inFolder = (name: string) => join(folder, 'spark-templates', name);
});
