/** The same data landed several times in one Spark application, each time in another layout. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import { testPython } from '../support/python.ts';
import { runBatch } from './batch.ts';
import type { BatchOptions } from './batch.ts';
import { scatter } from './generated.ts';
import type { Layout, RawLines } from './generated.ts';
import { executionOf, renderInto, templates } from './spark.ts';
import type { Edits } from './spark.ts';

export interface Variant {
  name: string;
  /** The layout of the raw data. */
  layout: Layout;
  /** If given, queries run as on large data, with this number of partitions. */
  shufflePartitions?: number;
  /** Instead of the pipeline's defaults. */
  parameters?: ParameterValues;
  /** Changes to the templates. */
  edits?: Edits;
}

/** By table: rows, and a digest that their order does not change. */
export type Digests = Record<string, { rows: number; digest: string }>;

export interface LandedVariant {
  input: { songData: string; logData: string };
  executions: Record<'song' | 'log', { folder: string; report: StepReport }>;
  digests: Digests;
}

/** Lands every variant below `folder`; by name. */
export async function landVariants(
  folder: string,
  { songs, plays }: RawLines,
  variants: readonly Variant[],
  options: BatchOptions = {},
): Promise<Record<string, LandedVariant>> {
  const jobs = variants.flatMap(({ name, layout, parameters, edits, ...rest }) => {
    const programs = renderInto(join(folder, name, 'programs'), parameters, templates(edits));
    const place = (what: string) => `file://${join(folder, name, what)}`;
    scatter(join(folder, name, 'song_data'), songs, layout);
    scatter(join(folder, name, 'log_data'), plays, layout);
    const song = ['--output', place('song'), '--source', `song_data=${place('song_data')}`];
    const log = ['--output', place('log'), '--source', `log_data=${place('log_data')}`];
    return [
      { ...rest, program: programs['song_transform']!, arguments: song },
      {
        ...rest,
        program: programs['log_transform']!,
        arguments: [...log, '--upstream', `song_transform=${place('song')}`],
      },
    ];
  });
  const failed = (await runBatch(folder, jobs, options)).filter(({ failure }) => failure !== null);
  if (failed.length > 0) throw new Error(JSON.stringify(failed.map(({ failure }) => failure)));
  const landed = variants.map(({ name }) => ({
    name,
    input: { songData: join(folder, name, 'song_data'), logData: join(folder, name, 'log_data') },
    executions: {
      song: executionOf(join(folder, name, 'song')),
      log: executionOf(join(folder, name, 'log')),
    },
  }));
  const digests = await digestsOf(
    landed.flatMap(({ executions: { song, log } }) => [song, log].map((one) => join(one.folder, 'tables'))),
  );
  return Object.fromEntries(
    landed.map(({ name, ...rest }, at) => [
      name,
      { ...rest, digests: { ...digests[2 * at], ...digests[2 * at + 1] } },
    ]),
  );
}

/** The digests of tables below folders: of each folder, those of its tables by name. */
export async function digestsOf(folders: readonly string[]): Promise<Digests[]> {
  const script = join(import.meta.dirname, 'table_digests.py');
  const { stdout } = await promisify(execFile)(testPython(), [script, ...folders], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Digests[];
}
