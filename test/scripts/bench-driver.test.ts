/** `npm run bench -- --driver`: how many requests the driver sends for how many objects, files and publications. */
import '../support/one-realm.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { countingS3 } from '../../scripts/bench/driver/counting-s3.ts';
import type { CountingS3, Requests } from '../../scripts/bench/driver/counting-s3.ts';
import { fill } from '../../scripts/bench/driver/lake.ts';
import { measureAll } from '../../scripts/bench/driver/measure.ts';
import type { Measured } from '../../scripts/bench/driver/measure.ts';
import { operations } from '../../scripts/bench/driver/operations.ts';
import { driverPage } from '../../scripts/bench/driver/report.ts';

const sizes = { objects: 1200, files: 30, publications: 1020 };
const folder = mkdtempSync(join(tmpdir(), 'landfall-driver-'));
let s3: CountingS3;
let measured: Measured[];
beforeAll(async () => {
  s3 = await countingS3();
  await fill(s3, sizes, join(folder, 'server'));
  const requests = () => Promise.resolve(s3.requests());
  measured = await measureAll(operations(s3.endpoint, join(folder, 'driver')), requests, () => undefined);
});
afterAll(async () => {
  await s3.stop();
  rmSync(folder, { recursive: true });
});

function requestsOf(operation: string): Partial<Requests> {
  const { requests } = measured.find(({ name }) => name === operation)!;
  return Object.fromEntries(Object.entries(requests).filter(([, count]) => count > 0));
}

/** A list has at most a thousand objects. */
const pages = (objects: number) => Math.ceil(objects / 1000);
const [songs, events] = [0.9, 0.1].map((share) => share * sizes.objects);
const log = pages(sizes.publications);
/** The published tables, the largest of which has all files but one of each other table. */
const TABLES = 5;
const STEPS = 2;
/** Tables that are not published, of a file each. */
const INTERNAL = 1;
const published = sizes.files - INTERNAL;

it('the plan lists inputs, publications and plain paths once, and reads one object of each source, the newest publication and its inputs', () => {
  const LIST = pages(songs!) + pages(events!) + log + TABLES;
  expect(requestsOf('plan')).toEqual({ LIST, GET: 2 + 2, HEAD: TABLES });
});

it('the inputs are listed by the thousand, and their manifest is one object', () => {
  expect(requestsOf('list inputs')).toEqual({ LIST: pages(songs!) + pages(events!) });
  const probe = { GET: 1, PUT: 2, DELETE: 1 };
  expect(requestsOf('stage')).toEqual({ ...probe, PUT: probe.PUT + 1 });
  expect(requestsOf('find changes')).toEqual({ GET: 1 });
});

it('each data file is verified by one request, and copied by two', () => {
  expect(requestsOf('verify')).toEqual({
    LIST: TABLES + INTERNAL + log + TABLES,
    // Each step's report, and that of the execution that it builds on.
    GET: sizes.files + 2 * STEPS + 1,
    HEAD: TABLES,
  });
  const entries = { newest: 1, recent: 3, next: TABLES + 1 };
  expect(requestsOf('plain paths')).toEqual({
    LIST: log + TABLES,
    GET: entries.newest + entries.recent + entries.next,
    HEAD: published,
    COPY: published,
    DELETE: TABLES,
  });
});

it('a publication is one object, whatever it is the number of', () => {
  expect(requestsOf('publish')).toEqual({ GET: 1, HEAD: 1, PUT: 1 });
});

it('the results are a table with the requests of each operation', () => {
  const result = { command: 'npm run bench', date: '2026-11-28', machine: [], load: 0, sizes };
  const page = driverPage({ ...result, operations: measured });
  const cells = page
    .split('\n')
    .find((line) => line.startsWith('| plan |'))!
    .split(' | ');
  expect(cells.slice(4).join(' ')).toBe(
    `${String(pages(songs!) + pages(events!) + log + TABLES)} 4 5 0 0 0 |`,
  );
  expect(measured.every(({ seconds, peak, held }) => seconds > 0 && peak > held && held > 0)).toBe(true);
});
