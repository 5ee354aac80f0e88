/** Reports each empty table once: under the source that keeps no line, where that is the reason. Pure. */
import type { TableContract } from '../pipeline/contract.ts';
import type { SourceBooks } from '../pipeline/report.ts';
import type { PlannedStep } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';

/** Tables of a run that are empty and may not be, by the step that writes them. */
export type EmptyTables = ReadonlyMap<string, readonly TableContract[]>;

/** `blamed`: sources with another finding that explains it. */
export function emptinessFindings(
  steps: readonly PlannedStep[],
  empty: EmptyTables,
  books: Readonly<Record<string, SourceBooks>>,
  blamed: ReadonlySet<string>,
): Finding[] {
  const tablesOf = new Map<string, string[]>();
  const alone: Finding[] = [];
  for (const step of steps) {
    const starved = sourcesOf(step, steps).find((source) => books[source]?.lines.kept === 0);
    for (const { name } of empty.get(step.name) ?? []) {
      if (starved !== undefined) tablesOf.set(starved, [...(tablesOf.get(starved) ?? []), name]);
      else alone.push({ severity: 'error', subject: name, message: 'it is empty, and may not be' });
    }
  }
  const starvedSources = [...tablesOf].filter(([source]) => !blamed.has(source));
  return [...starvedSources.map(([source, tables]) => nothingKept(source, books[source], tables)), ...alone];
}

/** The sources that a step parses, then those of the steps whose tables it reads. */
function sourcesOf(step: PlannedStep, steps: readonly PlannedStep[]): string[] {
  const met = new Set([step]);
  for (const { upstreams } of met)
    for (const above of steps) if (upstreams.includes(above.name)) met.add(above);
  return [...met].flatMap(({ sources }) => sources);
}

function nothingKept(subject: string, books: SourceBooks | undefined, tables: readonly string[]): Finding {
  const { read = 0, filtered = 0, quarantined = 0 } = books?.lines ?? {};
  const what =
    read === 0
      ? 'it has no line'
      : `none of its ${String(read)} lines is kept (${String(filtered)} filtered, ${String(quarantined)} quarantined)`;
  const are = tables.length === 1 ? 'is' : 'are';
  return { severity: 'error', subject, message: `${what}, so ${tables.join(', ')} ${are} empty` };
}
