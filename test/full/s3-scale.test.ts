/** Thousands of public input files read without an account, a lake elsewhere, and a store with only the older checksums. */
import '../support/one-realm.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { openStore } from '../../src/store/open.ts';
import { landfall, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { countsOf, startGateway } from '../support/s3-gateway.ts';
import type { Gateway } from '../support/s3-gateway.ts';

const { folder: cwd, remove } = temporaryFolder();
const SONGS = 2_500;
const sample = generateSparkify({ songs: SONGS, days: 3, eventsPerDay: 200 });
const owner = { accessKeyId: 'testing', secretAccessKey: 'testing' };

let moto: Moto;
let gateway: Gateway;
let ended: Ended;

beforeAll(async () => {
  moto = await startMoto();
  await Promise.all(['public', 'lake'].map((bucket) => moto.createBucket(bucket)));
  await makePublic('public');
  gateway = await startGateway(moto.endpoint, { anonymous: ['public'] });
  const raw = await openStore('s3://public/raw', { endpoint: moto.endpoint, credentials: owner });
  const limit = pLimit(16);
  await Promise.all(
    sample.files.map(({ path, text }) => limit(() => raw.put(path, new TextEncoder().encode(text)))),
  );
  const config = `[LAKE]
path = s3://lake/landed
[INPUT]
song_data = s3://public/raw/song_data
log_data = s3://public/raw/log_data
[S3]
endpoint = ${gateway.endpoint}
region = us-east-1
anonymous_input = yes
checksums = when_required
`;
  save(join(cwd, 'dl.cfg'), config);
  const env = { AWS_ACCESS_KEY_ID: owner.accessKeyId, AWS_SECRET_ACCESS_KEY: owner.secretAccessKey };
  ended = await landfall(['submit', '--cluster', 'local', '--output', 'json'], { cwd, env });
}, 900_000);

afterAll(async () => {
  await gateway.stop();
  await moto.stop();
  remove();
});

describe('thousands of public files', () => {
  it('land exactly the rows that DuckDB finds in them', async () => {
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    for (const { path, text } of sample.files) save(join(cwd, path), text);
    const lake = await openStore('s3://lake/landed', { endpoint: moto.endpoint, credentials: owner });
    for await (const { key } of lake.list('')) {
      if (!/^(_landfall|delta)\//.test(key)) save(join(cwd, 'tables', key), (await lake.get(key)) ?? '');
    }
    const { differences, books } = judge(join(cwd, 'song_data'), join(cwd, 'log_data'), join(cwd, 'tables'));
    expect(differences).toEqual(equalTables);
    expect((JSON.parse(ended.stdout) as RunSummary).books).toEqual(books);
  });

  it('are listed a thousand per page, and fetched once, by the steps', () => {
    const ofInput = gateway.asked.filter(({ bucket }) => bucket === 'public');
    const by = (who: string) => ofInput.filter((one) => one.by === who);
    const pages = Math.ceil(SONGS / 1_000) + 1;
    // It reads the beginning of one object of each source.
    expect(countsOf(by('landfall'))).toEqual({ LIST: pages, GET: 2 });
    // The steps also read the beginning of the largest object of each source.
    expect(countsOf(by('spark')).GET).toBe(sample.files.length + 2);
    process.stderr.write(
      `S3 was asked for ${String(sample.files.length)} input files: by the steps ${JSON.stringify(countsOf(by('spark')))}, ` +
        `and in the lake ${JSON.stringify(countsOf(gateway.asked.filter((one) => one.by === 'spark' && one.bucket === 'lake')))}\n`,
    );
  });
});

/** All actions: moto asks for `s3:HeadObject`, which AWS does not have. */
async function makePublic(bucket: string): Promise<void> {
  const statement = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${bucket}/*` };
  const body = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { ok } = await fetch(`${moto.endpoint}/${bucket}?policy`, { method: 'PUT', body });
  expect(ok).toBe(true);
}

function save(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
