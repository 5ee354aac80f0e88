/** The life of landed tables in S3, with the etags and listings of another store. */
import '../support/one-realm.ts';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as gc } from '../../src/commands/gc.ts';
import { auditPublication } from '../../src/lake/audit.ts';
import { removeRun } from '../../src/lake/remove-run.ts';
import { neededBy, planGc } from '../../src/lake/gc-plan.ts';
import { newestPublication } from '../../src/lake/publication.ts';
import { goBack } from '../../src/lake/go-back.ts';
import { keys } from '../../src/lake/layout.ts';
import type { Store } from '../../src/store/store.ts';
import { openS3 } from '../../src/store/s3.ts';
import { commandWorld } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';
import { dataFile, landedRun, makeFiles, plainSongs } from './accepted-run.ts';
import type { Files } from './accepted-run.ts';

let moto: Moto;
let files: Files;
let store: Store;
beforeAll(async () => {
  [moto, files] = await Promise.all([startMoto(), makeFiles()]);
  await moto.createBucket('lake');
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  store = openS3(
    { bucket: 'lake', prefix: "it's root +é%41&" },
    { endpoint: moto.endpoint, credentials },
    {},
  );
});
afterAll(() => moto.stop());

const findings = async () =>
  (await auditPublication(store, (await newestPublication(store))!)).findings.map(({ message }) => message);

it('a lake lands, is verified, rolled back, damaged and repaired, and cleaned by gc', async () => {
  for (const [at, run] of ['r1', 'r2', 'r3'].entries()) {
    await landedRun(store, files, { run, publication: at + 1, years: [2001 + at, 2002 + at] });
  }
  expect(await findings()).toEqual([]);
  const announce = () => Promise.resolve();
  const { state } = await goBack(store, {
    to: 1,
    driver: 'd',
    announce,
    published: () => undefined,
    lasting: (work) => work(),
  });
  expect(state).toBe('done');
  expect(await plainSongs(store)).toEqual(['2001 r1-4', '2002 r1-4']);
  expect(await findings()).toEqual([]);

  await store.put(dataFile('r1', 2001), files.other);
  expect(await findings()).toEqual([
    'a data file differs in size from what its step reported',
    'a published file differs in size from what was published',
    'a plain path is not a copy of its published file',
  ]);
  await store.put(dataFile('r1', 2001), files.songs);
  expect(await findings()).toEqual([]);

  const needed = await neededBy(store, 1);
  const isDead = () => false;
  const { runs } = await planGc(store, needed, { keep: 1, isDead });
  expect(runs.map(({ run }) => run)).toEqual(['r2']);
  await removeRun({ store, clock: systemClock, random: seededRandom(1), needed, isDead }, 'r2');
  const left: string[] = [];
  for await (const { key } of store.list(`${keys.run('r2')}/`)) left.push(key);
  expect(left).toEqual([]);
  expect(await findings()).toEqual([]);
});

it('gc reports unfinished uploads to the lake, and removes none', async () => {
  const { folder, remove } = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'dl.cfg'),
    `[S3]\nendpoint = ${moto.endpoint}\n[AWS]\nAWS_ACCESS_KEY_ID = testing\nAWS_SECRET_ACCESS_KEY = testing\n`,
  );
  const lake = 's3://lake/uploads';
  const begin = (key: string) => fetch(`${moto.endpoint}/lake/${key}?uploads`, { method: 'POST' });
  for (const key of ['uploads/songs/a', 'uploads/_landfall/b', 'beside/c']) await begin(key);
  const world = commandWorld(folder);
  await gc({ lake, yes: true }, world).finally(remove);
  expect(world.results[0]).toMatchObject({
    value: { uploads: { count: 2, oldest: expect.stringMatching(/^20\d\d-/) } },
    text: expect.stringContaining('2 incomplete uploads, the oldest of '),
  });
  const left: Date[] = [];
  for await (const at of openS3(
    { bucket: 'lake', prefix: 'uploads' },
    { endpoint: moto.endpoint, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } },
    {},
  ).incompleteUploads!())
    left.push(at);
  expect(left).toHaveLength(2);
});
