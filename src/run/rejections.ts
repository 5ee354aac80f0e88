/** What a run rejected of its input. */
import type { RunStatus } from './status-of.ts';

export interface RejectedLine {
  /** The input object's raw URI. */
  file: string;
  /** Its number there, from 1. */
  line: number;
  /** The text that did not fit the field; null where none was there. */
  value: string | null;
  /** The line itself, cut when it is long. */
  raw: string;
  /** Bytes of the whole line. */
  bytes: number;
}

export interface Rejection {
  /** The view that rejects the lines; null where no view can use them. */
  view: string | null;
  /** `unparsable`, `array` (the line opens a JSON array), or what is wrong with the field: `missing`, `type`, `range`. */
  reason: string;
  field: string | null;
  lines: number;
  /** A few of them. */
  samples: RejectedLine[];
}

export interface SourceQuarantine {
  source: string;
  step: string;
  /** Lines that are not blank. */
  read: number;
  /** Lines that are unparsable or that at least one view rejects. */
  quarantined: number;
  /** URI of the folder with their Parquet. */
  folder: string;
  /** False when lines that it should hold were looked for and are not there. */
  isWhole: boolean;
  by: readonly Rejection[];
}

export interface Quarantine {
  run: string;
  verdict: RunStatus['verdict'];
  /** Largest share of a source's lines that may be quarantined, 0 to 1. */
  maxQuarantined: number;
  /** Quarantined lines of all sources here. */
  total: number;
  sources: readonly SourceQuarantine[];
  /** Sources of which no step has reported yet. */
  unread: readonly string[];
}
