/** Data as people have it, where it is present, in the Spark application of a test file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { booksFindings } from '../../src/lake/books.ts';
import { matchedFindings } from '../../src/lake/matched.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { viewsOfRun } from '../../src/pipeline/run-books.ts';
import { shellWord } from '../../src/shell-words.ts';
import { SOURCES } from './bad-input.ts';
import type { Source } from './bad-input.ts';
import type { Job } from './batch.ts';
import { executionOf, sha256, templates } from './spark.ts';

const HANDED = join(import.meta.dirname, '../../../shared/cases');
const STEPS = { song_data: 'song_transform', log_data: 'log_transform' } as const;
/** By folder: the sources that matter in it. */
const READ: Readonly<Record<string, readonly Source[]>> = {
  'eventsim-duration': SOURCES,
  'json-array': ['log_data'],
};
const handed = Object.keys(READ).filter((name) => existsSync(join(HANDED, name)));

/** The steps over the folders. `songs`: where song_transform wrote songs for those that have none of their own. */
export function handedJobs(
  programs: Record<string, string>,
  { folder, songs }: { folder: string; songs: string },
): Job[] {
  return handed.flatMap((name) => {
    const out = (source: Source) => `file://${join(folder, name, source)}`;
    const sources = READ[name]!;
    const upstream = sources.includes('song_data') ? out('song_data') : songs;
    return sources.map((source) => ({
      program: programs[STEPS[source]]!,
      arguments: [
        ...['--output', out(source)],
        ...['--source', `${source}=file://${join(HANDED, name, source)}`],
        ...(source === 'log_data' ? ['--upstream', `song_transform=${upstream}`] : []),
      ],
    }));
  });
}

/** Registers the tests. `folder`: where the jobs wrote. */
export function testHanded(folder: () => string): void {
  const reportOf = (name: string, source: Source): StepReport =>
    executionOf(join(folder(), name, source)).report;

  if (handed.includes('eventsim-duration'))
    it('warns that no play found its song, and names the key that stands for length', () => {
      const [song, log] = SOURCES.map((source) => reportOf('eventsim-duration', source)) as [
        StepReport,
        StepReport,
      ];
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

  if (handed.includes('json-array'))
    it('says that an object is an array, and how lines are made of it', () => {
      const books = reportOf('json-array', 'log_data').sources['log_data']!;
      const path = join(HANDED, 'json-array/log_data/events.json');
      const advice = `jq -c '.[]' ${shellWord(path)} > lines.json`;
      const found = booksFindings('log_data', books, { objects: 1, views: ['plays'], maxQuarantined: 0.01 });
      expect(found).toMatchObject([
        {
          severity: 'error',
          limit: 'max_quarantined',
          sample: [
            'array: 1 lines',
            `${path} is a JSON array; Landfall reads one object per line: ${advice}`,
          ],
        },
      ]);
    });
}
