/** Executions of steps that have made all their tables: a report each, and data files, all of a table with one content. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readFooter } from '../../../src/lake/footer.ts';
import { landedTable } from '../../../src/lake/landed.ts';
import { keys } from '../../../src/lake/layout.ts';
import type { TableContract } from '../../../src/pipeline/contract.ts';
import type { SourceBooks, StepReport } from '../../../src/pipeline/report.ts';
import { tokens } from '../../../src/run/plan.ts';
import type { PlannedStep, RunPlan } from '../../../src/run/plan.ts';
import type { LandedTable } from '../../../src/run/verification.ts';
import type { MemoryS3, StoredObject } from '../../../test/support/memory-s3.ts';

/** The content of a table's data files: one row. */
interface Content extends StoredObject {
  digest: string;
}

/** By table. */
export type Contents = ReadonlyMap<string, Content>;

const LITERALS: Readonly<Record<string, string>> = {
  STRING: "'x'",
  INT: '1::INTEGER',
  BIGINT: '1::BIGINT',
  DOUBLE: '1.5::DOUBLE',
  TIMESTAMP: 'to_timestamp(1541105830)',
};

/** A Parquet file for each table, made by DuckDB. */
export async function makeContents(tables: readonly TableContract[]): Promise<Contents> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-bench-'));
  try {
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const contents = new Map<string, Content>();
    for (const { name, columns, partitionBy } of tables) {
      const path = join(folder, `${name}.parquet`);
      const values = columns
        .filter((column) => !partitionBy.includes(column.name))
        .map((column) => `${LITERALS[column.type]!} AS ${column.name}`);
      await duckdb.run(`COPY (SELECT ${values.join(', ')}) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`);
      contents.set(name, await contentOf(await readFile(path)));
    }
    duckdb.closeSync();
    return contents;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function contentOf(body: Buffer): Promise<Content> {
  const footer = await readFooter(body.length, (start, end) => Promise.resolve(body.subarray(start, end)));
  if ('broken' in footer) throw new Error(footer.broken);
  const etag = createHash('md5').update(body).digest('hex');
  return { body, etag, modified: new Date(), digest: footer.digest };
}

const EXECUTION = 'application_1795253400000_0001-0a1b2c3d';

/** The key of the folder of a step's one execution. */
export const executionOf = (run: string, step: string) =>
  keys.execution(keys.attempt(run, step, 1), EXECUTION);

/** Writes what the steps of a plan leave: `files` data files in all. Returns the tables that can be published. */
export function landFiles(
  { objects, put }: Pick<MemoryS3, 'objects' | 'put'>,
  plan: RunPlan,
  contents: Contents,
  files: number,
): LandedTable[] {
  const place = (key: string) => plan.lake.slice('s3://'.length) + `/${key}`;
  const tables = plan.steps.flatMap((step) => step.tables);
  const largest = tables.findLast(({ partitionBy }) => partitionBy.length > 1)!;
  return plan.steps.flatMap((step) => {
    const execution = executionOf(plan.run, step.name);
    const landed = step.tables.map((contract) => {
      const content = contents.get(contract.name)!;
      const { body, etag, digest } = content;
      const names = namesOf(contract, contract === largest ? files - tables.length + 1 : 1);
      const folder = keys.table(execution, contract.name);
      for (const name of names) objects.set(place(folder + name), content);
      const about = { size: body.length, etag, rows: 1, digest, columns: [], partition: [] };
      const its = names.map((name) => ({ key: folder + name, name, ...about }));
      const table = landedTable(plan, contract, { folder, files: its, broken: [], strays: [] });
      return { contract, names, table };
    });
    const report = reportOf(plan, step, landed, contents);
    put(place(keys.report(execution)), JSON.stringify(report));
    return landed.flatMap(({ contract, table }) => (contract.internal ? [] : [table]));
  });
}

/** Partition columns count up, the last one fastest; each combination has some files. */
function namesOf({ partitionBy }: TableContract, files: number): string[] {
  return Array.from({ length: files }, (_, n) => {
    const [month, year] = [(n % 12) + 1, 1926 + (Math.floor(n / 12) % 100)];
    const values = partitionBy.map((column, at) => `${column}=${String(at === 0 ? year : month)}/`);
    const part = String(Math.floor(n / 1200)).padStart(5, '0');
    return `${values.join('')}part-${part}-8d4c1f0e-1b7e-4f5a-9c56-2f9f3f0b6a11.c000.zstd.parquet`;
  });
}

function reportOf(
  plan: RunPlan,
  step: PlannedStep,
  landed: readonly { contract: TableContract; names: readonly string[] }[],
  contents: Contents,
): StepReport {
  return {
    version: 4,
    step: step.name,
    token: tokens.step(plan.run, step.name, 1),
    applicationId: EXECUTION.split('-', 1).join(''),
    sparkVersion: '3.5.6',
    startedAt: 0,
    endedAt: 1,
    sources: Object.fromEntries(
      step.sources.map(({ name, views }) => {
        const { objects = 0 } = plan.sources.find((source) => source.name === name) ?? {};
        return [name, booksOf(objects, views)];
      }),
    ),
    quarantine: {},
    sourceTables: {},
    upstreams: {},
    tables: Object.fromEntries(
      landed.map(({ contract: { name }, names }) => [
        name,
        {
          files: names.map((file) => ({ name: file, size: contents.get(name)!.body.length })),
          made: { kind: 'whole' as const },
          rows: names.length,
          readBack: names.length,
          conflicts: null,
          checks: 1,
          violations: [],
          matched: [],
        },
      ]),
    ),
  };
}

/** One line an object, which every view keeps. */
function booksOf(objects: number, views: readonly string[]): SourceBooks {
  const none = { conflicts: 0, quarantinedBy: [], nulls: [], unknown: [], otherKeys: [] };
  const lines = { kept: objects, filtered: 0, duplicates: 0, quarantined: 0 };
  return {
    objects: { manifest: objects, read: objects, empty: 0, unaccounted: [] },
    lines: { read: objects, blank: 0, unparsable: 0, quarantined: 0 },
    unparsableBy: [],
    misshapen: [],
    views: Object.fromEntries(views.map((view) => [view, { lines, ...none }])),
  };
}
