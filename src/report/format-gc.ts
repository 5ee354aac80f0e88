/** What gc would remove, or removed, as text. Pure. */
import { count, counted } from '../counted.ts';
import { bytes, columns } from './quantities.ts';

export interface GcReport {
  removed: boolean;
  runs: readonly { run: string; objects: number; bytes: number }[];
  executions: readonly { run: string; execution?: string; objects: number; bytes: number }[];
  kept: readonly { run: string; why: string }[];
  /** Keys that are not Landfall's; they stay. */
  strange: readonly string[];
  /**
   * Incomplete uploads to the lake; they cost storage, and gc does not remove them. In a local lake, temporary
   * files of crashed writers, and the command that deletes them.
   */
  uploads?: { count: number; oldest: string; end?: string };
  next?: string;
}

const SHOWN = 10;

export function formatGc(report: GcReport): string {
  const { removed, runs, executions, kept, strange, uploads, next } = report;
  const verb = removed ? 'removed' : 'would remove';
  const going = [
    ...runs.map((one) => [verb, `run ${one.run}`, counted(one.objects, 'object'), bytes(one.bytes)]),
    ...executions.map((one) => [
      verb,
      `execution ${one.execution ?? ''} of run ${one.run}, which no attempt accepted`,
      counted(one.objects, 'object'),
      bytes(one.bytes),
    ]),
  ];
  const all = [...runs, ...executions];
  const sum = (of: 'objects' | 'bytes') => all.reduce((total, one) => total + one[of], 0);
  const said = `${counted(sum('objects'), 'object')}, ${bytes(sum('bytes'))}`;
  return [
    ...columns(going, [false, false, true, true]),
    ...columns(
      kept.map(({ run, why }) => ['stays', `run ${run}`, why]),
      [false, false, false],
    ),
    ...strange.slice(0, SHOWN).map((key) => `not Landfall’s, stays  ${key}`),
    ...(strange.length > SHOWN ? [`and ${count(strange.length - SHOWN)} more that are not Landfall’s`] : []),
    ...(uploads === undefined ? [] : [incomplete(uploads)]),
    all.length === 0
      ? 'nothing to remove'
      : `${removed ? 'removed' : 'nothing was removed; would free'} ${said}`,
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join('\n');
}

function incomplete({ count: many, oldest, end }: NonNullable<GcReport['uploads']>): string {
  return end === undefined
    ? `${counted(many, 'incomplete upload')}, the oldest of ${oldest}: a lifecycle rule (AbortIncompleteMultipartUpload) removes them`
    : `${counted(many, 'temporary file')} of crashed writers, the oldest of ${oldest}; to delete: ${end}`;
}
