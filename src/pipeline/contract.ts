/** The shapes a pipeline is made of once its texts have been read and checked. Plain data. */
import type { SampleData } from './sample.ts';

import type { ColumnType } from './column-type.ts';
import type { Scalar } from './typed-value.ts';

export interface Column {
  name: string;
  type: ColumnType;
  nullable: boolean;
  doc: string;
  /** Where it is a number: the bits of the hash that it is. */
  hashBits?: number;
}

/**
 * What a table promises beyond its types. A violated `error` fails the run; a `warn` is reported. NULL breaks `not_null`;
 * to `unique` two NULLs are equal; the others let it pass.
 */
export type Check = { severity: 'error' | 'warn' } & (
  | { check: 'not_null'; column: string }
  | { check: 'unique'; columns: readonly string[] }
  | { check: 'accepted_values'; column: string; values: readonly Scalar[] }
  | { check: 'range'; column: string; min?: Scalar; max?: Scalar }
  | { check: 'references'; column: string; table: string; to: string }
  /** `sql` is a boolean expression over the columns of a row. It passes unless it is false, like CHECK in SQL. */
  | { check: 'condition'; name: string; sql: string }
  /**
   * Tells how many rows have a value: "12 of 40 found its customer". Warns when none has, or a smaller share than `warnBelow`.
   * `needs`: by view, the fields without which none can.
   */
  | {
      check: 'matched';
      column: string;
      found: string;
      warnBelow: number;
      needs: Readonly<Record<string, readonly string[]>>;
    }
  /** `equals`: a view, whose kept lines are as many. */
  | { check: 'row_count'; min?: number; max?: number; equals?: string }
);

export interface TableContract {
  name: string;
  doc: string;
  columns: readonly Column[];
  /** Unique together; also what rows are sorted by within a file, unless `sortBy` says otherwise. */
  key: readonly string[];
  partitionBy: readonly string[];
  sortBy: readonly string[];
  mayBeEmpty: boolean;
  /** Handed to later steps, never published. */
  internal: boolean;
  checks: readonly Check[];
  /** Counts keys of `view` under which rows differ in `comparing`: conflicts that the query resolves. */
  resolves?: { view: string; by: readonly string[]; comparing: readonly string[] };
  /**
   * Partition columns by which a step may make the table again in part. `when`: tables of earlier steps that its rows look
   * up, and by column of these, the field of a view.
   */
  rebuild?: {
    by: readonly string[];
    when?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
}

export const TIMESTAMP_FORMATS = ['iso8601', 'epoch_millis', 'epoch_seconds'] as const;
export type TimestampFormat = (typeof TIMESTAMP_FORMATS)[number];

export interface SourceField {
  name: string;
  type: ColumnType;
  /** The keys of the objects around the value, outermost first, and last its own. */
  path: readonly string[];
  /** How a TIMESTAMP is written. */
  format?: TimestampFormat;
  /** Value used when the field is missing or blank. */
  default?: Scalar;
  /** For numbers: smallest value allowed. */
  min?: Scalar;
  /** For numbers: first value no longer allowed. */
  below?: Scalar;
  doc: string;
}

export interface SourceContract {
  name: string;
  doc: string;
  fields: readonly SourceField[];
  views: readonly View[];
}

/** Which lines of a source are rows, under the name that queries and `reads` use. */
export interface View {
  name: string;
  doc: string;
  /** Lines whose `field` differs from `equals` are filtered; lines without the field are quarantined. */
  keep?: { field: string; equals: string | number | boolean };
  /** Lines without one of these are quarantined, for the first that is missing or does not fit. */
  required: readonly string[];
  /** Two kept lines with equal values here are one event. Empty: lines are never duplicates. */
  eventKey: readonly string[];
}

/** What `dl.cfg` may vary in a pipeline: a choice of one word, or an ordered list of words. */
export type Parameter = { name: string; doc: string } & (
  | { kind: 'choice'; words: readonly string[]; default: string }
  | { kind: 'list'; words: readonly string[]; default: readonly string[] }
);

/** Where a contract leaves the word to a parameter. */
export interface Varying {
  /** The list parameter that holds the partition columns. */
  partitionBy?: string;
  /** By column: the choice parameter, and the type that each of its words stands for. */
  types: Readonly<Record<string, { parameter: string; types: Readonly<Record<string, ColumnType>> }>>;
}

/** A table's template: its contract and the Handlebars text of its query. */
export interface TableTemplate {
  /** With every parameter at its default. */
  contract: TableContract;
  varying: Varying;
  query: string;
  /** The file the query stands in, relative to the template folder, and the file's line of the query's first line. */
  path: string;
  firstLine: number;
  /** By column, and by condition: the file's line. Of a condition it is that of its SQL. */
  columnLines: Readonly<Record<string, number>>;
  conditionLines: Readonly<Record<string, number>>;
}

export interface PipelineStep {
  name: string;
  doc: string;
  /** Names of views and of tables that earlier steps write. */
  reads: readonly string[];
  writes: readonly TableTemplate[];
}

export interface Pipeline {
  name: string;
  parameters: readonly Parameter[];
  sources: readonly SourceContract[];
  steps: readonly PipelineStep[];
  /** Absent: a run names its inputs. */
  sample?: SampleData;
}

/** The Python that every step's program is made of. */
export interface Engine {
  /** Handlebars: the frame of the program, with places for the step's data and for the modules. */
  frame: string;
  /** The texts of the Python package, by module. */
  modules: Readonly<Record<string, string>>;
}

/** A source that a step parses, and which of its views the step reads. */
export interface ReadSource {
  name: string;
  views: readonly string[];
}

/** By name, hex SHA-256 of what decides the content of each source that is read and of each table. */
export interface Digests {
  sources: Readonly<Record<string, string>>;
  tables: Readonly<Record<string, string>>;
}

/** What a table depends on beside its contract and its query: names of views and tables. */
export interface TableDependencies {
  /** Those that its query may read. */
  query: readonly string[];
  /** Those that its checks compare it with, of its own step too, and the view of `resolves`. */
  checks: readonly string[];
}

/** One step, ready to upload: a self-contained PySpark program. */
export interface RenderedStep {
  name: string;
  program: string;
  /** SHA-256, hex, of the rendered program: what a retry compares. */
  digest: string;
  sources: readonly ReadSource[];
  /** Names of the steps whose tables it reads. */
  upstreams: readonly string[];
  tables: readonly TableContract[];
  /** By table. */
  dependencies: Readonly<Record<string, TableDependencies>>;
}
