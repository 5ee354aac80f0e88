/** Inputs that S3 has archived: `plan` and `submit` name them before anything is started. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import '../support/one-realm.ts';
import { run as plan } from '../../src/commands/plan.ts';
import { EXIT_CODES } from '../../src/faults.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { memoryS3 } from '../support/memory-s3.ts';
import type { MemoryS3, S3Request, StoredObject } from '../support/memory-s3.ts';

const SONG = '{"song_id":"S","artist_id":"A","title":"T"}';
const PLAY = '{"ts":1,"userId":"8","sessionId":1,"itemInSession":0,"page":"Home"}';

let s3: MemoryS3;
let asked: S3Request[];
let cwd: string;
let remove: () => void;
beforeAll(async () => {
  s3 = await memoryS3();
  s3.answer = (request) => {
    asked.push(request);
    return false;
  };
});
afterAll(() => s3.stop());
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  mkdirSync(cwd);
  const keys = '[AWS]\naccess_key_id = testing\nsecret_access_key = testing\n';
  writeFileSync(join(cwd, 'dl.cfg'), `${keys}[S3]\nendpoint = ${s3.endpoint}\nregion = us-east-1\n`);
  s3.objects.clear();
  asked = [];
  store('song_data/a.json');
  store('log_data/a.json');
});
afterEach(() => remove());

function store(key: string, storage?: StoredObject['storage'], modified?: Date): void {
  s3.put(`raw/${key}`, key.startsWith('song') ? SONG : PLAY, modified);
  if (storage !== undefined) s3.objects.get(`raw/${key}`)!.storage = storage;
}

async function planned(flags: Record<string, string> = {}) {
  const inputs = { 'song-data': 's3://raw/song_data', 'log-data': 's3://raw/log_data', ...flags };
  return (await outcomeOf(plan, { cluster: 'local', ...inputs }, commandWorld(cwd))).failure;
}

const archived = (...why: string[]) => ({
  fault: 'input',
  message: 'S3 has archived inputs; nothing was started',
  why: why.map((one) => expect.stringContaining(one)),
});

describe('a plan', () => {
  it('refuses archived objects with exit code 2: it counts them by class, names the first, and says what to do', async () => {
    for (const [n, name] of ['GLACIER', 'DEEP_ARCHIVE', 'GLACIER', 'GLACIER'].entries())
      store(`song_data/${String(n)}.json`, { class: name });
    store('log_data/b.json', { class: 'DEEP_ARCHIVE' });
    store('log_data/_old/c.json', { class: 'DEEP_ARCHIVE' });
    const failure = await planned();
    expect(failure).toMatchObject(
      archived(
        's3://raw/song_data: 4 objects here cannot be read, because S3 has archived them (3 GLACIER, 1 DEEP_ARCHIVE): 0.json, 1.json, 2.json and 1 more',
        's3://raw/log_data: 1 object here cannot be read, because S3 has archived them (1 DEEP_ARCHIVE): b.json',
      ),
    );
    expect(failure!.why[0]).toMatch(/restore them .*or name an input without them/);
    expect(EXIT_CODES[failure!.fault]).toBe(2);
    expect(asked.filter(({ method, key }) => method !== 'GET' || key !== '')).toEqual([]);
  });

  it('accepts restored objects, and classes that are read at once', async () => {
    store('song_data/b.json', { class: 'GLACIER', restored: true });
    store('song_data/c.json', { class: 'DEEP_ARCHIVE', restored: true });
    for (const name of ['GLACIER_IR', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'ONEZONE_IA'])
      store(`song_data/${name}.json`, { class: name });
    expect(await planned()).toBeUndefined();
  });

  it('asks for the twenty oldest objects of INTELLIGENT_TIERING, of which a list does not tell', async () => {
    for (let day = 1; day <= 30; day += 1) {
      const storage = {
        class: 'INTELLIGENT_TIERING',
        ...(day === 3 || day === 29 ? { archived: true as const } : {}),
      };
      store(`log_data/${String(31 - day)}.json`, storage, new Date(Date.UTC(2026, 0, day)));
    }
    expect(await planned()).toMatchObject(
      archived(
        's3://raw/log_data: at least 1 object here cannot be read, because S3 has archived them (1 of the 20 oldest in INTELLIGENT_TIERING): 28.json',
      ),
    );
    expect(asked.filter(({ method }) => method === 'HEAD').length).toBe(20);
  });

  it('refuses an input that is one archived object', async () => {
    store('song_data/b.json', { class: 'GLACIER' });
    expect(await planned({ 'song-data': 's3://raw/song_data/b.json' })).toMatchObject(
      archived('s3://raw/song_data/b.json: 1 object here cannot be read'),
    );
    store('song_data/b.json', { class: 'GLACIER', restored: true });
    expect(await planned({ 'song-data': 's3://raw/song_data/b.json' })).toBeUndefined();
  });
});
