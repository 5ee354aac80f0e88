/** What a step writes to the lake, without Spark: tables with one row per file, rejected lines, a report, logs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { QUARANTINE, keys, parseExecution } from '../../src/lake/layout.ts';
import type { TableContract } from '../../src/pipeline/contract.ts';
import type { ReportedFile, StepReport, TableReport } from '../../src/pipeline/report.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { copyTo, duckdb } from '../lake/parquet.ts';
import { books } from '../lake/plans.ts';
import { argument } from '../support/step-arguments.ts';
import type { LakeFiles } from './lake-files.ts';

/** Parquet files by name: one for each table, with a single row, and `rejected`, with five lines. */
export type RowFiles = ReadonlyMap<string, Uint8Array>;

const VALUES: Readonly<Record<string, string>> = {
  STRING: `'x'`,
  INT: '1::integer',
  BIGINT: '1::bigint',
  DOUBLE: '1.5::double',
  TIMESTAMP: 'to_timestamp(1541030400)',
  BOOLEAN: 'true',
};

const REJECTED = `select 'x' as source, 'file:///in/a.json' as file, 1::bigint as line, * from (values
  (null, 'unparsable', null, null, '{', 1), (null, 'unparsable', null, null, 'x{', 2),
  (null, 'unparsable', null, null, 'x', 1),
  ('song_data', 'type', 'ts', 'x', '{}', 2), ('song_data', 'type', 'ts', 'y', '{ }', 3)
) as rejected(view, reason, field, value, raw, bytes)`;

/** Makes a file for each of these tables. */
export async function rowFiles(tables: readonly TableContract[]): Promise<RowFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-rows-'));
  try {
    await duckdb(folder, [
      ...tables.map(({ name, columns, partitionBy }) => {
        const inFile = columns.filter((column) => !partitionBy.includes(column.name));
        const row = inFile.map((column) => `${VALUES[column.type] ?? 'null'} as "${column.name}"`);
        return copyTo(`select ${row.join(', ')}`, `$root/${name}`);
      }),
      copyTo(REJECTED, '$root/rejected', 'compression gzip'),
    ]);
    const names = [...tables.map(({ name }) => name), 'rejected'];
    return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes what a successful step with these arguments would write. Returns the folder of its execution. */
export function landStep(lake: LakeFiles, args: readonly string[], files: RowFiles, random: string): string {
  const output = argument({ args }, '--output').replace(/^.*(?=_landfall\/runs\/)/, '');
  const token = argument({ args }, '--token');
  const [, run = '', step = ''] = /^landfall\/([^/]+)\/(.+)#\d+$/.exec(token) ?? [];
  const { plan } = JSON.parse(lake.read(keys.entry(run, 1)).toString()) as { plan: RunPlan };
  const planned = plan.steps.find(({ name }) => name === step)!;
  const execution = join(output, `application_1795000000000_0001-${random}`);
  const base = baseOf(lake, argument({ args }, '--base'));
  const landTable = (contract: TableContract): TableReport => {
    const folder = keys.table(execution, contract.name);
    const before = base?.tables[contract.name];
    const isNamed = (flag: string) =>
      args.some((word, at) => word === flag && args[at + 1] === contract.name);
    if (before !== undefined && isNamed('--carry-over')) return { ...before, made: { kind: 'carried over' } };
    const [again = '', ...others] = partitions(contract);
    const inPart = before?.files.filter(({ name }) => !name.startsWith(again)) ?? [];
    const isPartial = isNamed('--partitions') && inPart.length > 0;
    const names = (isPartial ? [again] : [again, ...others]).map(
      (part) => `${part}part-00000-u.zstd.parquet`,
    );
    const body = files.get(contract.name)!;
    for (const name of names) lake.write(join(folder, name), body);
    const written = [...names.map((name) => ({ name, size: body.length })), ...(isPartial ? inPart : [])];
    const rows = written.length;
    const values =
      contract.rebuild?.by.map((column) => again.split(`${column}=`)[1]?.split('/')[0] ?? '') ?? [];
    return {
      files: written,
      made: isPartial ? { kind: 'partitions', partitions: [values] } : { kind: 'whole' },
      ...{ rows, readBack: rows, conflicts: null, checks: 2, violations: [], matched: [] },
    };
  };
  const landSource = (source: string): StepReport['sourceTables'][string] => {
    const [name, body] = [`part-00000-${random}.zstd.parquet`, files.get('rejected')!];
    lake.write(join(keys.table(execution, source), name), body);
    const before = base?.sourceTables[source]?.files ?? [];
    const all = [...(before.length < 3 ? before : []), { name, size: body.length }];
    return { digest: 'd', rows: 5 * all.length, files: all, parsed: 1 };
  };
  const tables = planned.tables.map((contract) => [contract.name, landTable(contract)] as const);
  const landRejected = (source: string) => {
    const [name, body] = [`source=${source}/part-00000-u.gz.parquet`, files.get('rejected')!];
    lake.write(join(keys.table(execution, QUARANTINE), name), body);
    return [{ name, size: body.length }];
  };
  const upstreams = args.flatMap((word, at) => (word === '--upstream' ? [args[at + 1]!.split('=')] : []));
  const report: StepReport = {
    version: 4,
    step,
    token,
    applicationId: 'application_1795000000000_0001',
    sparkVersion: '3.5.6',
    startedAt: 1_795_000_000_000,
    endedAt: 1_795_000_060_000,
    sources: Object.fromEntries(planned.sources.map(({ name, views }) => [name, booksOf(plan, name, views)])),
    quarantine: Object.fromEntries(planned.sources.map(({ name }) => [name, landRejected(name)])),
    sourceTables: Object.fromEntries(planned.sources.map(({ name }) => [name, landSource(name)])),
    upstreams: Object.fromEntries(upstreams) as Record<string, string>,
    tables: Object.fromEntries(tables),
  };
  lake.write(join(execution, 'report.json'), JSON.stringify(report));
  return execution;
}

/** The report of the execution that a step builds on, whose own files it names as another's; undefined if any file is gone. */
function baseOf(lake: LakeFiles, uri: string): StepReport | undefined {
  const execution = uri.replace(/^.*(?=_landfall\/runs\/)/, '');
  const there = new Set(lake.keys());
  const place = parseExecution(execution);
  if (place === undefined || !there.has(keys.report(execution))) return undefined;
  const report = JSON.parse(lake.read(keys.report(execution)).toString()) as StepReport;
  const writer = `${place.run}.${execution.split('/').at(-1)!}`;
  const tables = [...Object.entries(report.tables), ...Object.entries(report.sourceTables)];
  const named = tables.flatMap(([table, { files }]) =>
    files.map((file) => keys.reported(execution, table, file)),
  );
  if (!named.every((key) => there.has(key))) return undefined;
  const referred = <Table extends { files: ReportedFile[] }>(its: Record<string, Table>) =>
    Object.fromEntries(
      Object.entries(its).map(([table, one]) => [
        table,
        { ...one, files: one.files.map((file) => ({ in: writer, ...file })) },
      ]),
    );
  return { ...report, tables: referred(report.tables), sourceTables: referred(report.sourceTables) };
}

function booksOf({ sources }: RunPlan, name: string, [view]: readonly string[]) {
  const { objects = 0 } = sources.find((source) => source.name === name) ?? {};
  return books({}, { manifest: objects, read: objects, empty: 0 }, view);
}

/** Two partitions if the table is partitioned. */
function partitions({ partitionBy }: TableContract): string[] {
  if (partitionBy.length === 0) return [''];
  return ['2017', '2018'].map((value) => partitionBy.map((column) => `${column}=${value}/`).join(''));
}

/** Writes the logs of a step as its cluster does; `why`: the reason if the step failed. */
export function writeLogs(lake: LakeFiles, clusterId: string, stepId: string, why?: string): void {
  const folder = join(keys.logs, clusterId, 'steps', stepId);
  const line =
    why === undefined ? '26/11/21 09:30:00 INFO SparkContext: done' : `Traceback\nValueError: ${why}`;
  for (const stream of ['controller', 'stderr', 'stdout'])
    lake.write(join(folder, `${stream}.gz`), gzipSync(`${line}\n`));
}
