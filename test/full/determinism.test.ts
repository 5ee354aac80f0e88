/** The same data gives the same tables, on both Sparks, on any machine, and for any layout of the data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generate } from '../spark/generated.ts';
import { judge, NOTHING } from '../spark/oracle.ts';
import { landVariants } from '../spark/variants.ts';
import type { Digests } from '../spark/variants.ts';

const RELEASES = ['emr-7.13.0', 'emr-spark-8.0.0'];
/** Both zones, and both numbers of cores, are tried with each release. */
const PLACES = [
  { zone: 'Asia/Tokyo', cores: 1 },
  { zone: 'America/Los_Angeles', cores: 2 },
];
const variants = [
  { name: 'as it comes', layout: {} },
  { name: 'shuffled', layout: { seed: 11 }, shufflePartitions: 7 },
  { name: 'shuffled otherwise', layout: { seed: 12 }, shufflePartitions: 200 },
  { name: 'delivered twice', layout: { seed: 13, twice: true }, shufflePartitions: 7 },
];

const MINUTES = 60_000;
const raw = generate(7, 60);
const machines = RELEASES.flatMap((release) => PLACES.map((place) => ({ release, ...place })));

let folder: string;
let expected: Digests;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall determinism '));
  const { first } = await landVariants(join(folder, 'first'), raw, [{ name: 'first', layout: {} }]);
  const { song, log } = first!.executions;
  expect(await judge(first!.input, { song: song.folder, log: log.folder })).toMatchObject(NOTHING);
  expected = first!.digests;
}, 5 * MINUTES);
afterAll(() => rm(folder, { recursive: true }));

it.each(machines)(
  'any layout, order and number of partitions gives the oracle’s tables, on $release in $zone with $cores core(s)',
  async ({ release, zone, cores }) => {
    const place = join(folder, `${release} ${zone.replace('/', '-')} ${String(cores)}`);
    const landed = await landVariants(place, raw, variants, { release, zone, cores });
    const digests = Object.entries(landed).map(([name, its]) => [name, its.digests]);
    expect(digests).toEqual(variants.map(({ name }) => [name, expected]));
    const version = release === 'emr-7.13.0' ? '3.5.6' : '4.0.2';
    const versions = Object.values(landed).map(({ executions }) => executions.log.report.sparkVersion);
    expect(new Set(versions)).toEqual(new Set([version]));
  },
  15 * MINUTES,
);
