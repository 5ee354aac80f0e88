/** A whole run on S3: input, lake, logs and the steps' own programs, through S3A, with the credentials of a file. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { landfallHome } from '../../src/local/home.ts';
import { generateSample } from '../../src/local/sample-data.ts';
import type { RunSummary } from '../../src/report/summary.ts';
import type { RunStatus } from '../../src/run/status.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { landfall, start, temporaryFolder } from '../support/landfall.ts';
import type { Ended } from '../support/landfall.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { equalTables, judge } from '../support/oracle.ts';
import '../support/one-realm.ts';
import { commandLines, environments } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const lakeUri = "s3://landed/my lake/ü %41 +x=1 #2 [a] {b} 'c'";
const rawUri = 's3://raw/raw däta/100%25 #1 [2018]';
const canary = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEYcanary';
const credentials = { accessKeyId: 'AKIACANARYCANARYCAN2', secretAccessKey: canary };
const runId = `s3-${String(process.pid)}-${String(Date.now())}`;
const stateFolder = join(landfallHome(process.env), 'emr-local', runId);
const sample = generateSample({ songs: 12, days: 2, eventsPerDay: 60 });

let moto: Moto;
let lake: Store;
let config: string;
let ended: Ended;
let seen: Sightings;
let summary: RunSummary;

/** What could be seen of the processes and the endpoint's file while the steps ran. */
interface Sightings {
  /** How often a step's own process was there. */
  steps: number;
  /** Command lines with the secret in them. */
  leaks: string[];
  endpointFile: { text: string; mode: number } | undefined;
  /** Environments of steps that had the secret of S3, and the one of the endpoint. */
  environments: { withS3: number; withEmr: number };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function watch(over: Promise<unknown>): Promise<Sightings> {
  const sightings: Sightings = {
    steps: 0,
    leaks: [],
    endpointFile: undefined,
    environments: { withS3: 0, withEmr: 0 },
  };
  const state = { over: false };
  void over.finally(() => (state.over = true));
  while (!state.over) {
    sightings.endpointFile = endpointFile() ?? sightings.endpointFile;
    sightings.leaks.push(...commandLines(canary));
    const key = secretOf(sightings.endpointFile?.text);
    const steps = environments(`/runs/${runId}/steps/`).map((variables) => variables.join('\n'));
    sightings.steps += steps.length;
    sightings.environments.withS3 += steps.filter((text) => text.includes(canary)).length;
    sightings.environments.withEmr += steps.filter((text) => key !== '' && text.includes(key)).length;
    await delay(100);
  }
  return sightings;
}

function endpointFile(): Sightings['endpointFile'] {
  const path = join(stateFolder, 'endpoint.json');
  try {
    return { text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 };
  } catch {
    return undefined;
  }
}

function secretOf(text: string | undefined): string {
  return text === undefined ? '' : (JSON.parse(text) as { secretAccessKey: string }).secretAccessKey;
}

async function contents(): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { key } of lake.list('')) {
    const body = Buffer.from((await lake.get(key)) ?? []);
    found.set(key, key.endsWith('.gz') ? gunzipSync(body) : body);
  }
  return found;
}

beforeAll(async () => {
  mkdirSync(cwd, { recursive: true });
  moto = await startMoto();
  await Promise.all(['landed', 'raw'].map((bucket) => moto.createBucket(bucket)));
  const access = { endpoint: moto.endpoint, region: 'us-east-1', credentials };
  const raw = await openStore(rawUri, access);
  lake = await openStore(lakeUri, access);
  for (const { path, text } of sample.files) await raw.put(path, bytesOf(text));
  config = join(cwd, 'my dl.cfg');
  writeFileSync(
    config,
    `[LAKE]
path = ${JSON.stringify(lakeUri)}
[INPUT]
song_data = ${JSON.stringify(`${rawUri}/song_data`)}
log_data = ${JSON.stringify(`${rawUri}/log_data/`)}
[S3]
endpoint = ${moto.endpoint}
region = us-east-1
[AWS]
AWS_ACCESS_KEY_ID = '${credentials.accessKeyId}'
AWS_SECRET_ACCESS_KEY = '${canary}'
`,
  );
  const running = start(
    ['submit', '--cluster', 'local', '--config', config, '--run-id', runId, '--output', 'json'],
    { cwd },
  );
  seen = await watch(running.ended);
  ended = await running.ended;
  summary = JSON.parse(ended.stdout || '{}') as RunSummary;
}, 300_000);

afterAll(async () => {
  await moto.stop();
  remove();
});

const plain = (key: string) => !key.startsWith('_landfall/');
const text = (body: Buffer | undefined) => (body ?? Buffer.alloc(0)).toString();

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
    const raw = join(cwd, 'raw');
    for (const { path, text: body } of sample.files) save(join(raw, path), body);
    const mirror = join(cwd, 'mirror');
    for (const [key, body] of objects) if (plain(key)) save(join(mirror, key), body);
    const { differences, rows, books } = judge(join(raw, 'song_data'), join(raw, 'log_data'), mirror);
    expect(differences).toEqual(equalTables);
    expect(rows).toEqual(sample.expected.rows);
    expect(summary.books).toEqual(books);
  });

  it('publishes files that are there twice: where the step wrote them, and at the plain paths alone', () => {
    const publication = JSON.parse(text(objects.get('_landfall/published/000001.json'))) as Publication;
    expect(publication).toMatchObject({ number: 1, run: runId });
    const files = publication.tables.flatMap((table) => table.files);
    expect(files.map(({ mirror }) => mirror).sort()).toEqual([...objects.keys()].filter(plain).sort());
    for (const { key, mirror, size } of files) {
      expect(objects.get(mirror)).toHaveLength(size);
      expect(objects.get(mirror)?.equals(objects.get(key) ?? Buffer.alloc(0))).toBe(true);
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
    const lines = text(objects.get(`_landfall/runs/${runId}/inputs.json.gz`)).trimEnd().split('\n');
    const listed: unknown[] = [];
    for await (const { key, size, etag, lastModified } of raw.list(''))
      listed.push({ uri: `${rawUri}/${key}`, size, etag, last_modified: lastModified.toISOString() });
    expect(lines.map((line) => withoutKey(JSON.parse(line) as ManifestLine)).sort(byUri)).toEqual(
      (listed as ManifestLine[]).sort(byUri),
    );
  });

  it('keeps the logs of its steps in the lake', () => {
    const logs = [...objects.keys()].filter((key) => key.startsWith('_landfall/logs/'));
    expect(logs.filter((key) => key.endsWith('/stderr.gz'))).toHaveLength(2);
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

  it('stands in no command line, and not on the terminal', () => {
    expect(seen.leaks).toEqual([]);
    expect(ended.stdout + ended.stderr).not.toContain(canary);
  });

  it('stands in no object of the lake', () => {
    expect([...objects].filter(([, body]) => body.includes(canary)).map(([key]) => key)).toEqual([]);
  });

  it('stands in no file of the endpoint, whose own key only its owner can read', () => {
    expect(seen.endpointFile?.mode).toBe(0o600);
    expect(secretOf(seen.endpointFile?.text)).toMatch(/^[0-9a-f]{40}$/);
    expect(seen.endpointFile?.text).not.toContain(canary);
    const files = readdirSync(stateFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.filter((path) => path.endsWith('spark-defaults.conf'))).toHaveLength(2);
    expect(files.filter((path) => readFileSync(path).includes(canary))).toEqual([]);
  });
});

describe('a second submit', () => {
  it('stops at a stranger’s object in a plain path, and leaves the lake as it was', async () => {
    const stranger = 'songs/year=2004/mine é%41.parquet';
    await lake.put(stranger, bytesOf('mine'));
    const before = await keysOf(lake);
    const { code, stderr } = await landfall(['submit', '--cluster', 'local', '--config', config], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`${lakeUri}/${stranger}`);
    expect(stderr).not.toContain(canary);
    expect(await keysOf(lake)).toEqual(before);
    expect(text(Buffer.from((await lake.get(stranger)) ?? []))).toBe('mine');
  });
});
