/** The help of a verb names the sources, parameters and steps of the pipeline in use. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { verbs } from '../../src/cli/verbs.ts';
import { tiny } from '../pipeline/tiny.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';
import { temporaryFolder } from '../support/landfall.ts';

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  for (const { path, text } of tiny()) {
    mkdirSync(dirname(join(cwd, 'tiny', path)), { recursive: true });
    writeFileSync(join(cwd, 'tiny', path), text);
  }
});
afterEach(() => remove());

async function help(...words: string[]): Promise<string> {
  const parsed = await parseArguments(
    [...words, '--help'],
    { ...startedAsLandfall, cwd },
    pipelineNamesLoaded,
  );
  if (parsed.kind !== 'help') throw new Error(`${words.join(' ')} gives no help`);
  return parsed.text.replaceAll(/\s+/g, ' ');
}

describe('the help of a verb', () => {
  it('lists the flags of the pipeline that comes with Landfall', async () => {
    const text = await help('submit');
    expect(text).toContain('Flags of the pipeline: --song-data Root of song_data');
    expect(text).toContain('--songs-partition-by Partition columns of songs');
    expect(text).toContain('--song-data s3://raw/song_data --log-data s3://raw/log_data');
    expect(await help('retry')).toMatch(/--from .*log_transform/);
    expect(await help('logs')).toContain('landfall logs log_transform -f');
    expect(await help('quarantine')).toMatch(/--source log_data .*--output json/);
  });

  it('lists those of the pipeline that --templates or dl.cfg chooses', async () => {
    const text = await help('submit', '--templates', 'tiny');
    expect(text).toContain('--raw Root of raw');
    expect(text).toContain('--shape Type of id.');
    expect(text).toMatch(/--cluster new --lake s3:\/\/my-lake --raw .*s3:\/\/raw\/raw/);
    expect(text).not.toMatch(/song|log.data/);
    writeFileSync(join(cwd, 'dl.cfg'), '[PIPELINE]\npath = tiny\n');
    expect(await help('render')).toContain('spark-submit rendered/second.py --help');
    expect(await help('logs')).toContain('landfall logs second -f');
  });

  it('uses placeholders if the pipeline cannot be read', async () => {
    const text = await help('submit', '--templates', 'nowhere');
    expect(text).toMatch(/--SOURCE .*s3:\/\/raw\/SOURCE/);
    expect(text).toContain('Each source and each parameter of the pipeline has a flag of its name.');
  });

  it('reads only pipeline.yaml: mistakes elsewhere do not matter, and it shows placeholders if that file has some', async () => {
    writeFileSync(join(cwd, 'tiny/sources/raw.yaml'), 'name: [');
    expect(await help('submit', '--templates', 'tiny')).toContain('--raw Root of raw');
    const main = join(cwd, 'tiny/pipeline.yaml');
    writeFileSync(main, readFileSync(main, 'utf8').replace('parameters:', 'parameter:'));
    expect(await help('submit', '--templates', 'tiny')).toMatch(/--SOURCE .*s3:\/\/raw\/SOURCE/);
  });

  it('leaves no placeholder unfilled in any verb', async () => {
    for (const { name } of verbs) expect(await help(name)).not.toMatch(/\{\w+\}/);
  });
});
