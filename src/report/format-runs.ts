/** The runs of a lake, as text. Pure. */
import type { RunStatus } from '../run/status-of.ts';
import { oneLine } from './harmless.ts';
import { columns, minute } from './quantities.ts';

/** A run, or what is known of one whose journal cannot be read. */
export type RunLine = Pick<RunStatus, 'run'> & { verdict: string } & Partial<
    Pick<RunStatus, 'plannedAt' | 'publication' | 'message' | 'why'> & { current: boolean }
  >;

/** One line per run; below an unsuccessful one, why. Unreadable runs have already been reported. */
export function formatRuns(runs: readonly RunLine[]): string {
  const rows = runs.map(({ run: name, verdict, plannedAt = '', publication, current }) => [
    name,
    verdict,
    minute(plannedAt),
    publication === undefined ? '' : String(publication),
    current === true ? 'current' : '',
  ]);
  const head = ['run', 'verdict', 'planned', 'publication', ''];
  const [first = '', ...lines] = columns([head, ...rows], [false, false, false, true, false]);
  return [first, ...lines.flatMap((line, at) => [line, ...reasonOf(runs[at])])].join('\n');
}

function reasonOf(run: RunLine | undefined): string[] {
  if (run?.plannedAt === undefined || run.message === undefined) return [];
  return [run.message, ...(run.why ?? []).slice(0, 1)].map((text) => `    ${oneLine(text)}`);
}
