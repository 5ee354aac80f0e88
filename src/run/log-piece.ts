/** What `landfall logs` shows, piece by piece: readers of logs yield the pieces, and `report/` prints them. */
import type { Advice, AdvisedCommand } from '../shell-words.ts';

/** Whole lines of one log. */
export interface LogLines {
  kind: 'lines';
  /** `stderr`. */
  log: string;
  lines: readonly string[];
}

/** A sentence beside the lines, or the next command. */
export type LogNote = { kind: 'note'; message: string } | { kind: 'next'; command: Advice | AdvisedCommand };

/** The last piece, for scripts: which step this was, and which logs. */
export interface LogEnd {
  kind: 'end';
  about: object;
}

export type LogPiece = LogLines | LogNote | LogEnd;
