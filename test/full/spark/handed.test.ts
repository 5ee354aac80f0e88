/** Data of other people, if it is present, and what a run says about it. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { booksFindings } from '../../../src/lake/books.ts';
import { matchedFindings } from '../../../src/lake/matched.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { renderSteps } from '../../../src/pipeline/render.ts';
import { viewsOfRun } from '../../../src/pipeline/run-books.ts';
import { shellWord } from '../../../src/shell-words.ts';
import { runBatch } from '../../spark/batch.ts';
import type { Job } from '../../spark/batch.ts';
import { executionOf, renderInto, sha256, templates } from '../../spark/spark.ts';

const HANDED = join(import.meta.dirname, '../../../../shared/cases');
const MINUTES = 60_000;
const ARRAY = join(HANDED, 'json-array/log_data/events.json');

let folder: string;
const out = (name: string) => join(folder, name);
const reportOf = (name: string) => executionOf(out(name)).report;

if (existsSync(HANDED)) {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'landfall handed '));
    const programs = renderInto(join(folder, 'programs'));
    const job = (step: string, source: string, data: string, name: string): Job => ({
      program: programs[step]!,
      arguments: [
        '--output',
        `file://${out(name)}`,
        '--source',
        `${source}=file://${join(HANDED, data, source)}`,
      ],
    });
    const onSongs = (one: Job): Job => ({
      ...one,
      arguments: [...one.arguments, '--upstream', `song_transform=file://${out('songs')}`],
    });
    const results = await runBatch(folder, [
      job('song_transform', 'song_data', 'eventsim-duration', 'songs'),
      onSongs(job('log_transform', 'log_data', 'eventsim-duration', 'plays')),
      onSongs(job('log_transform', 'log_data', 'json-array', 'array')),
    ]);
    expect(results.map(({ failure }) => failure)).toEqual([null, null, null]);
  }, 5 * MINUTES);
  afterAll(() => rm(folder, { recursive: true }));

  it('warns that no play found its song, and names the key most similar to length', () => {
    const [song, log] = [reportOf('songs'), reportOf('plays')];
    const { files, engine } = templates();
    const { steps } = renderSteps({ pipeline: loadPipeline(files).pipeline!, engine }, {}, sha256);
    const contract = steps.flatMap(({ tables }) => tables).find(({ name }) => name === 'songplays')!;
    expect(matchedFindings(contract, log.tables['songplays']!, viewsOfRun([song, log]))).toMatchObject([
      {
        severity: 'warn',
        message:
          'none of 6 rows found its song: no line of plays has length; the most similar key is duration',
        count: 6,
      },
    ]);
  });

  it('says that an object is an array, and how to convert it to lines', () => {
    const advice = `jq -c '.[]' ${shellWord(ARRAY)} > lines.json`;
    const books = reportOf('array').sources['log_data']!;
    expect(
      booksFindings('log_data', books, { objects: 1, views: ['plays'], maxQuarantined: 0.01 }),
    ).toMatchObject([
      {
        severity: 'error',
        limit: 'max_quarantined',
        sample: ['array: 1 lines', `${ARRAY} is a JSON array; Landfall reads one object per line: ${advice}`],
      },
    ]);
  });
}
