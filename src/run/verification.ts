/** The result for a run's tables: the executions accepted, the files that landed, the findings against them. */
import type { StepReport } from '../pipeline/report.ts';

export interface Accepted {
  step: string;
  /** The execution's folder, relative to the lake: `_landfall/runs/<run>/steps/<step>/<attempt>/<application id>`. */
  key: string;
  report: StepReport;
}

export interface LandedFile {
  /** Relative to the lake. */
  key: string;
  /** The plain path it is mirrored to, relative to the lake. */
  mirror: string;
  size: number;
  etag: string;
  rows: number;
  /** A digest of its Parquet footer; absent where that is not known. */
  footer?: string | undefined;
}

export interface LandedTable {
  table: string;
  rows: number;
  bytes: number;
  partitionBy: readonly string[];
  files: readonly LandedFile[];
}

/** A contract broken. */
export interface Finding {
  severity: 'error' | 'warn';
  /** A table, a source or a step. */
  subject: string;
  message: string;
  count?: number;
  /** Rows, object names or values that show it; a few. */
  sample?: readonly string[];
  /** The setting whose limit was passed. */
  limit?: 'max_quarantined';
  /** No step is at fault: the objects belong to someone else and have to be moved away. */
  foreign?: true;
}

/** The finding, and below it what shows it. */
export function explained({ subject, message, sample = [] }: Finding): string {
  return [`${subject}: ${message}`, ...sample].join('\n  ');
}

/** Data files that later runs need, and that nobody reads as a table: of an internal table, or of a source. */
export interface KeptTable {
  table: string;
  files: readonly Pick<LandedFile, 'key' | 'size'>[];
}

export interface Verification {
  /** Published tables only: internal ones are verified but not listed. */
  tables: readonly LandedTable[];
  /** Internal tables and source tables. */
  kept: readonly KeptTable[];
  findings: readonly Finding[];
}
