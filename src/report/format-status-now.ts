/**
 * The status of a run as `status` prints it: its journal, who drives it, what is current in its lake, and the next
 * command. Pure.
 */
import type { RunStatus } from '../run/status-of.ts';
import { duration, minute } from './quantities.ts';
import { formatStatus } from './format-status.ts';

export interface StatusNow extends RunStatus {
  /** Who drives it; absent once it has a verdict. */
  driven?: { by: string; silentSeconds?: number; dead?: true };
  beingCancelled: boolean;
  /** The newest publication of the lake, whichever run's; absent where nothing was published or it cannot be read. */
  current?: { number: number; run: string; publishedAt: string; rollbackTo?: number };
  /** The next command; absent when there is nothing left to do. */
  next?: string;
}

export function formatStatusNow(status: StatusNow): string {
  const { publication, driven, beingCancelled, next } = status;
  return [
    formatStatus(status),
    ...(publication === undefined ? ['nothing was published'] : []),
    ...(beingCancelled ? ['it is being cancelled'] : []),
    ...(driven === undefined ? [] : [drivenLine(driven)]),
    ...currentLine(status),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join('\n');
}

function drivenLine({ by, silentSeconds, dead }: NonNullable<StatusNow['driven']>): string {
  if (dead === true) return `driven by ${by}, which is gone`;
  if (silentSeconds === undefined) return `driven by ${by}`;
  return `driven by ${by}, last heard of ${duration(silentSeconds * 1000)} ago`;
}

function currentLine({ current }: StatusNow): string[] {
  if (current === undefined) return [];
  const { number, run, publishedAt, rollbackTo } = current;
  const back = rollbackTo === undefined ? '' : ` (number ${String(rollbackTo)} again)`;
  return [
    `current in this lake: number ${String(number)}${back}, published ${minute(publishedAt)}`,
    `  of run ${run}`,
  ];
}
