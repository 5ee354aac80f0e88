/** Many more generated data sets than in `npm test`, different each day, compared with the oracle. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generate, songsWithABlankTitle } from '../spark/generated.ts';
import { judge, NOTHING } from '../spark/oracle.ts';
import { landVariants } from '../spark/variants.ts';

const DATA_SETS = 1000;
const first = Number(process.env['CAMPAIGN_SEED'] ?? 1);
const RUNS = [
  { seed: first, release: 'emr-7.13.0' },
  { seed: first + 1, release: 'emr-spark-8.0.0' },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall generated '));
});
afterAll(() => rm(folder, { recursive: true }));

it.each(RUNS)(
  `${String(DATA_SETS)} data sets of seed $seed land on $release as the oracle computes them`,
  async ({ seed, release }) => {
    const raw = generate(seed, DATA_SETS);
    const { shuffled } = await landVariants(
      join(folder, String(seed)),
      raw,
      [{ name: 'shuffled', layout: { seed } }],
      { release },
    );
    const { song, log } = shuffled!.executions;
    const judgement = await judge(shuffled!.input, { song: song.folder, log: log.folder });
    expect(judgement).toMatchObject(NOTHING);
    expect({ ...song.report.sources, ...log.report.sources }).toEqual(judgement.books);
  },
  10 * 60_000,
);

it(
  'ten thousand songs, one of them with a blank title, land with each of their artists',
  async () => {
    const songs = songsWithABlankTitle(10_000, 3888);
    const { plays } = generate(first, 1);
    const { many } = await landVariants(join(folder, 'many'), { songs, plays }, [
      { name: 'many', layout: { seed: first } },
    ]);
    const { song, log } = many!.executions;
    expect(await judge(many!.input, { song: song.folder, log: log.folder })).toMatchObject(NOTHING);
    expect(song.report.tables).toMatchObject({ songs: { rows: 10_000 }, artists: { rows: 3888 } });
    expect(song.report.sources['song_data']).toMatchObject({
      lines: { quarantined: 0 },
      views: { song_data: { lines: { kept: 10_000 } } },
    });
  },
  10 * 60_000,
);
