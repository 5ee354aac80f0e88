/** What gc would remove, or removed, as text. Pure. */
import { bytes, columns, count, counted } from './quantities.ts';

export interface GcReport {
  removed: boolean;
  runs: readonly { run: string; objects: number; bytes: number }[];
  executions: readonly { run: string; execution?: string; objects: number; bytes: number }[];
  kept: readonly { run: string; why: string }[];
  /** Keys that are not Landfall's; they stay. */
  strange: readonly string[];
  /**
   * Uploads to the lake that were begun and never ended; they cost storage, and gc does not end them. In a local lake, files
   * that dead writers had in the making, and the command that deletes them.
   */
  uploads?: { count: number; oldest: string; end?: string };
  next?: string;
}

const SHOWN = 10;

export function formatGc(report: GcReport): string {
  const { removed, runs, executions, kept, strange, uploads, next } = report;
  const verb = removed ? 'removed' : 'would go';
  const going = [
    ...runs.map((one) => [verb, `run ${one.run}`, counted(one.objects, 'object'), bytes(one.bytes)]),
    ...executions.map((one) => [
      verb,
      `${one.execution ?? ''}, which no attempt accepted`,
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
    ...(uploads === undefined ? [] : [unended(uploads)]),
    all.length === 0
      ? 'nothing to remove'
      : `${removed ? 'removed' : 'nothing was removed; would free'} ${said}`,
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].join('\n');
}

function unended({ count: many, oldest, end }: NonNullable<GcReport['uploads']>): string {
  return end === undefined
    ? `${count(many)} upload(s) were begun and never ended, the oldest ${oldest}: a lifecycle rule (AbortIncompleteMultipartUpload) ends such`
    : `${count(many)} file(s) were begun by writers that died, the oldest ${oldest}: they go with ${end}`;
}
