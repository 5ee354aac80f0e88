/** The status of a run, as text. Pure. */
import type { RunStatus } from '../run/status-of.ts';
import { place } from '../shell-words.ts';
import { linesOf } from './harmless.ts';
import { counted } from '../counted.ts';
import { bytes, columns, minute } from './quantities.ts';

export function formatStatus(status: RunStatus): string {
  const { run, verdict, plannedAt, lake, cluster, steps, tables, publication, mirrored } = status;
  const rows = steps.map((one) => [
    one.step,
    one.attempt <= 1 ? '' : `attempt ${String(one.attempt)}`,
    one.state,
    one.id ?? '',
  ]);
  const landed = tables.map((one) => [
    one.table,
    counted(one.rows, 'row'),
    counted(one.files, 'file'),
    bytes(one.bytes),
    place(one.path),
  ]);
  return [
    `run ${run}  ${verdict}${status.message === undefined || verdict === 'cancelled' ? '' : `: ${status.message}`}`,
    ...status.why.flatMap(linesOf).map((line) => `  ${line}`),
    `planned ${minute(plannedAt)}  lake ${place(lake)}`,
    ...(cluster === undefined ? [] : [formatCluster(cluster)]),
    ...columns(rows, [false, false, false, false]),
    ...(landed.length === 0 ? [] : columns(landed, [false, true, true, true, false])),
    ...(publication === undefined
      ? []
      : [
          `published as number ${String(publication)}${mirrored ? '' : '; the plain paths are not up to date'}`,
        ]),
  ].join('\n');
}

function formatCluster({ id, ours, endRequested }: NonNullable<RunStatus['cluster']>): string {
  const whose = ours ? 'launched by this run' : 'not launched by this run';
  return `cluster ${id ?? 'being launched'}  ${whose}${endRequested ? ', termination requested' : ''}`;
}
