/** The real sample, if it is present, landed by hand. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectAllRight, land } from '../../spark/landing.ts';

const SAMPLE = join(import.meta.dirname, '../../../../shared/data/sparkify');
const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall sample '));
});
afterAll(() => rm(folder, { recursive: true }));

if (existsSync(SAMPLE))
  it(
    'lands the real sample as the oracle computes it, with the known figures',
    async () => {
      const input = { songData: join(SAMPLE, 'song_data'), logData: join(SAMPLE, 'log_data') };
      const landed = await land(folder, input);
      expectAllRight(landed);
      expect(landed.judgement.rows).toEqual({
        songplays: 6820,
        users: 96,
        songs: 71,
        artists: 69,
        time: 6813,
      });
      expect(landed.log.report.sources['log_data']).toMatchObject({
        lines: { read: 8056, unparsable: 0, quarantined: 0 },
        views: { plays: { lines: { kept: 6820, filtered: 1236, duplicates: 0, quarantined: 0 } } },
      });
      const reports = { ...landed.song.report.tables, ...landed.log.report.tables };
      expect(Object.values(reports).flatMap(({ violations }) => violations)).toEqual([]);
    },
    5 * MINUTES,
  );
