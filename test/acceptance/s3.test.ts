/** A whole run on S3: input, lake, logs and the steps' own programs, through S3A, with the credentials of a file. */
import '../support/one-realm.ts';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Publication } from '../../src/lake/publication.ts';
import { landfallHome } from '../../src/local/landfall-home.ts';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { landfall, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { countsOf, startGateway } from '../support/s3-gateway.ts';
import type { Asked, Gateway } from '../support/s3-gateway.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { commandLines, environments } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const lakeUri = "s3://landed/my lake/ü %41 +x=1 #2 [a] {b} 'c'";
const rawUri = 's3://raw/raw däta/100%25 #1 [2018]';
const canary = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEYcanary';
const credentials = { accessKeyId: 'AKIACANARYCANARYCAN2', secretAccessKey: canary };
const runId = `s3-${String(process.pid)}-${String(Date.now())}`;
const endpoints = join(landfallHome(process.env), 'emr-local');

/** The endpoint's folder, named after the run and its lake. */
function stateFolder(): string {
  const folders = existsSync(endpoints) ? readdirSync(endpoints) : [];
  const name = folders.find((folder) => folder.startsWith(runId));
  return join(endpoints, name ?? runId);
}
const sample = generateSparkify({ songs: 8, days: 2, eventsPerDay: 60 });
const config = join(cwd, 'my dl.cfg');

const regions = { landed: 'us-east-1', raw: 'eu-north-1' };
const owner = '123456789012';

let moto: Moto;
let gateway: Gateway;
/** The S3 requests of the first run. */
let asked: Asked[];
let raw: Store;
let lake: Store;
let ended: Ended;
let seen: Sightings;
let summary: RunSummary;
/** The objects of the first run in the lake, decompressed. */
let objects: Map<string, Buffer>;

/** What was visible of the processes and of the endpoint's files during the run. */
interface Sightings {
  /** How often a step's own process was seen. */
  steps: number;
  /** How often its environment contained the secret of S3, and how often the endpoint's. */
  environments: { withS3: number; withEmr: number };
  /** Command lines with the secret of S3 in them. */
  leaks: string[];
  endpointFile: { text: string; mode: number } | undefined;
  /** Names of the endpoint's files, and of those with the secret of S3 in them. */
  files: Set<string>;
  leakyFiles: Set<string>;
}

async function watch(over: Promise<unknown>): Promise<Sightings> {
  const sightings: Sightings = {
    steps: 0,
    environments: { withS3: 0, withEmr: 0 },
    leaks: [],
    endpointFile: undefined,
    files: new Set(),
    leakyFiles: new Set(),
  };
  const state = { over: false };
  void over.finally(() => (state.over = true));
  while (!state.over) {
    sightings.endpointFile = endpointFile() ?? sightings.endpointFile;
    const emr = `=${secretOf(sightings.endpointFile?.text)}`;
    const steps = environments(`/runs/${runId}/steps/`);
    const having = (value: string) => steps.filter((all) => all.some((one) => one.endsWith(value))).length;
    sightings.steps += steps.length;
    sightings.environments.withS3 += having(`AWS_SECRET_ACCESS_KEY=${canary}`);
    sightings.environments.withEmr += having(emr);
    sightings.leaks.push(...commandLines(canary));
    scanFiles(sightings);
    await delay(200);
  }
  return sightings;
}

/** The endpoint's folder is removed when the run has succeeded, and a step's scratch space with the step. */
function scanFiles({ files, leakyFiles }: Sightings): void {
  try {
    for (const entry of readdirSync(stateFolder(), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      files.add(entry.name);
      if (readFileSync(join(entry.parentPath, entry.name)).includes(canary)) leakyFiles.add(entry.name);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function endpointFile(): Sightings['endpointFile'] {
  const path = join(stateFolder(), 'endpoint.json');
  try {
    return { text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 };
  } catch {
    return undefined;
  }
}

function secretOf(text: string | undefined): string {
  return text === undefined ? 'none' : (JSON.parse(text) as { secretAccessKey: string }).secretAccessKey;
}

async function contents(store: Store): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { key } of store.list('')) {
    const body = Buffer.from((await store.get(key)) ?? []);
    found.set(key, key.endsWith('.gz') ? gunzipSync(body) : body);
  }
  return found;
}

const bytesOf = (content: string) => new TextEncoder().encode(content);
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body);
const plain = (key: string) => !/^(_landfall|delta)\//.test(key);

function save(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function configuration(endpoint: string): string {
  return `[LAKE]
path = ${JSON.stringify(lakeUri)}
[INPUT]
song_data = ${JSON.stringify(`${rawUri}/song_data`)}
log_data = ${JSON.stringify(`${rawUri}/log_data/`)}
[S3]
endpoint = ${endpoint}
region = ${regions.landed}
input_region = ${regions.raw}
bucket_owner = ${owner}
[AWS]
AWS_ACCESS_KEY_ID = '${credentials.accessKeyId}'
AWS_SECRET_ACCESS_KEY = '${canary}'
`;
}

beforeAll(async () => {
  moto = await startMoto();
  await Promise.all(['landed', 'raw'].map((bucket) => moto.createBucket(bucket)));
  const access = { endpoint: moto.endpoint, region: 'us-east-1', credentials };
  [raw, lake] = await Promise.all([openStore(rawUri, access), openStore(lakeUri, access)]);
  for (const { path, text: content } of sample.files) await raw.put(path, bytesOf(content));
  gateway = await startGateway(moto.endpoint, { regions });
  save(config, configuration(gateway.endpoint));
  const args = ['submit', '--cluster', 'local', '--config', config, '--run-id', runId, '--output', 'json'];
  const running = start(args, { cwd });
  seen = await watch(running.ended);
  ended = await running.ended;
  summary = JSON.parse(ended.stdout || '{}') as RunSummary;
  asked = [...gateway.asked];
  objects = await contents(lake);
}, 300_000);

afterAll(async () => {
  await gateway.stop();
  await moto.stop();
  rmSync(stateFolder(), { recursive: true, force: true });
  remove();
});

describe('submit --cluster local with its input and lake in S3', () => {
  it('succeeds, and says so with S3 addresses', () => {
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    expect(summary).toMatchObject({ run: runId, verdict: 'succeeded', publication: 1, lake: lakeUri });
    expect(summary.tables.map(({ path }) => path)).toContain(`${lakeUri}/songplays`);
  });

  it('lands exactly the rows that DuckDB finds in the raw JSON', () => {
    for (const { path, text: content } of sample.files) save(join(cwd, path), content);
    const tables = join(cwd, 'tables');
    for (const [key, body] of objects) if (plain(key)) save(join(tables, key), body);
    const { differences, rows, books } = judge(join(cwd, 'song_data'), join(cwd, 'log_data'), tables);
    expect(differences).toEqual(equalTables);
    expect(rows).toEqual(sample.expected.rows);
    expect(summary.books).toEqual(books);
  });

  it('publishes files that exist twice: where the step wrote them, and at the plain paths', () => {
    const publication = JSON.parse(text(objects.get('_landfall/published/000001.json'))) as Publication;
    expect(publication).toMatchObject({ number: 1, run: runId });
    const files = publication.tables.flatMap((table) => table.files);
    expect(files.map(({ mirror }) => mirror).sort()).toEqual([...objects.keys()].filter(plain).sort());
    for (const { key, mirror, size } of files) {
      expect(objects.get(mirror)).toHaveLength(size);
      expect(objects.get(mirror)).toEqual(objects.get(key));
    }
  });

  it('keeps its journal without a gap, from plan to verdict', async () => {
    const keys = [...objects.keys()].filter((key) => key.startsWith(`_landfall/runs/${runId}/journal/`));
    expect(keys.map((key) => Number(key.slice(-11, -5)))).toEqual(keys.map((_, index) => index + 1));
    const entries = keys.map((key) => JSON.parse(text(objects.get(key))) as { entry: string });
    expect(entries.at(0)).toMatchObject({ entry: 'planned', plan: { lake: lakeUri } });
    expect(entries.at(-1)).toMatchObject({ entry: 'finished', verdict: 'succeeded' });
    const { code, stdout } = await landfall(['status', '--config', config, '--output', 'json'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: runId, verdict: 'succeeded', mirrored: true });
  });

  it('names every input object in its manifest, as S3 has it', async () => {
    const lines = text(objects.get(`_landfall/runs/${runId}/inputs.json.gz`))
      .trimEnd()
      .split('\n');
    const named = lines.map((line) => JSON.parse(line) as { uri: string });
    const there: unknown[] = [];
    for await (const { key, size, etag } of raw.list(''))
      there.push(expect.objectContaining({ uri: `${rawUri}/${key}`, size, etag }));
    expect(named.sort((a, b) => (a.uri < b.uri ? -1 : 1))).toEqual(there);
  });

  it('keeps the logs of its steps in the lake', () => {
    const logs = [...objects.keys()].filter((key) => key.startsWith('_landfall/logs/'));
    expect(logs.filter((key) => key.endsWith('/stderr.gz'))).toHaveLength(1);
    const stdouts = logs.filter((key) => key.endsWith('/stdout.gz')).map((key) => text(objects.get(key)));
    expect(stdouts.join()).toContain('songplays: ');
  });

  it('leaves no process behind', () => {
    expect(commandLines(runId)).toEqual([]);
  });
});

describe('the secret of S3', () => {
  it('reaches the steps in their environment, which has no key to EMR', () => {
    expect(seen.steps).toBeGreaterThan(0);
    expect(seen.environments).toEqual({ withS3: seen.steps, withEmr: 0 });
  });

  it('is in no command line, and not on the terminal', () => {
    expect(seen.leaks).toEqual([]);
    expect(ended.stdout + ended.stderr).not.toContain(canary);
  });

  it('is in no object of the lake', () => {
    expect([...objects].filter(([, body]) => body.includes(canary)).map(([key]) => key)).toEqual([]);
  });

  it('is in no file of the endpoint, whose own key only its owner can read', () => {
    expect(seen.endpointFile?.mode).toBe(0o600);
    expect(secretOf(seen.endpointFile?.text)).toMatch(/^[0-9a-f]{40}$/);
    expect(seen.endpointFile?.text).not.toContain(canary);
    expect([...seen.files]).toEqual(
      expect.arrayContaining(['cluster.json', 'controller', 'endpoint.log', 'spark-defaults.conf', 'stderr']),
    );
    expect([...seen.leakyFiles]).toEqual([]);
  });
});

describe('the number of S3 requests', () => {
  const count = (where: (one: Asked) => boolean) =>
    countsOf(asked.filter((one) => one.by === 'landfall' && where(one)));
  const below = (folder: string) => (one: Asked) => one.key.includes(`_landfall/${folder}`);

  it('for n input files is one listing page per thousand objects of a source, and one read of the beginning of an object', () => {
    expect(count(({ bucket }) => bucket === 'raw')).toEqual({ LIST: 2, GET: 2 });
  });

  it('for m landed files is one read of each footer, and one copy of each published file', () => {
    const data = /(^|\/)delta\/(?!quarantine\/)/;
    const files = [...objects.keys()].filter((one) => data.test(one) && one.endsWith('.parquet')).length;
    const published = [...objects.keys()].filter(plain).length;
    const ofSources = [...objects.keys()].filter((one) =>
      /(^|\/)delta\/(song|log)_data\/.*\.parquet$/.test(one),
    ).length;
    // The five tables, one that is internal, and two source tables.
    const [tables, internal] = [8, 1];
    expect(ofSources).toBeGreaterThan(1);
    expect(files).toBe(published + internal + ofSources);
    expect(count(({ key }) => data.test(key))).toEqual({ LIST: tables, GET: files, HEAD: published });
    const plainPaths = /\/(songs|artists|users|time|songplays)(\/|$)/;
    expect(count(({ key }) => !/(_landfall|delta)\//.test(key) && plainPaths.test(key))).toEqual({
      HEAD: 10,
      LIST: 15,
      COPY: published,
    });
  });

  it('for a publication and for staging does not depend on the number of files', () => {
    expect(count(below('published/'))).toEqual({ LIST: 3, PUT: 1, GET: 7 });
    expect(count(({ key }) => key.endsWith('/inputs.json.gz'))).toEqual({ PUT: 1 });
    expect(count(({ key }) => key.endsWith('/step.py'))).toEqual({ PUT: 2, GET: 2 });
    expect(count(({ key }) => key.endsWith('/report.json'))).toEqual({ GET: 4 });
  });

  it('includes the account that must own the lake', () => {
    const ofLake = asked.filter(
      ({ by, bucket, key }) => by === 'landfall' && bucket === 'landed' && !key.includes('_landfall/logs/'),
    );
    expect(new Set(ofLake.map(({ headers }) => headers['x-amz-expected-bucket-owner']))).toEqual(
      new Set([owner]),
    );
  });
});

describe('a store without preconditions', () => {
  it('is refused before anything is staged or started', async () => {
    const unfit = await startGateway(moto.endpoint, { regions, ignoresPreconditions: true });
    const its = join(cwd, 'unfit.cfg');
    save(its, configuration(unfit.endpoint).replace(lakeUri, 's3://landed/unfit'));
    try {
      const { code, stderr } = await landfall(['submit', '--cluster', 'local', '--config', its], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain('s3://landed/unfit does not honour create-if-absent');
      const left = await contents(
        await openStore('s3://landed/unfit', { endpoint: moto.endpoint, credentials }),
      );
      expect([...left.keys()]).toEqual([]);
    } finally {
      await unfit.stop();
    }
  });
});

describe('a second submit', () => {
  it('stops at a stranger’s object in a plain path, and leaves the lake as it was', async () => {
    const stranger = 'songs/year=2004/mine é%41.parquet';
    await lake.put(stranger, bytesOf('mine'));
    const before = [...(await contents(lake)).keys()];
    const { code, stderr } = await landfall(['submit', '--cluster', 'local', '--config', config], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`${lakeUri}/${stranger}`);
    expect(stderr).not.toContain(canary);
    expect([...(await contents(lake)).keys()]).toEqual(before);
    expect(text(await lake.get(stranger))).toBe('mine');
  });
});
