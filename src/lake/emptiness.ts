/** Reports each empty table once: under the source whose view keeps no line, where that is the reason. Pure. */
import type { TableContract } from '../pipeline/contract.ts';
import type { SourceBooks, ViewBooks } from '../pipeline/report.ts';
import type { PlannedStep } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';

/** Tables of a run that are empty and may not be, by the step that writes them. */
export type EmptyTables = ReadonlyMap<string, readonly TableContract[]>;

/** The books of the sources that a step parses, by step. */
export type BooksBySteps = ReadonlyMap<string, Readonly<Record<string, SourceBooks>>>;

interface StarvedView {
  source: string;
  view: string;
  lines: ViewBooks['lines'];
  books: SourceBooks;
}

/** `blamed`: sources with another finding that explains it. */
export function emptinessFindings(
  steps: readonly PlannedStep[],
  empty: EmptyTables,
  books: BooksBySteps,
  blamed: ReadonlySet<string>,
): Finding[] {
  const starved = new Map<string, StarvedView & { tables: string[] }>();
  const alone: Finding[] = [];
  for (const step of steps) {
    const [first] = starvedViews(step, steps, books);
    for (const { name } of empty.get(step.name) ?? []) {
      if (first === undefined) {
        alone.push({ severity: 'error', subject: name, message: 'it is empty, and may not be' });
        continue;
      }
      const tables = starved.get(first.view)?.tables ?? [];
      starved.set(first.view, { ...first, tables: [...tables, name] });
    }
  }
  const unexplained = [...starved.values()].filter(({ source }) => !blamed.has(source));
  return [...unexplained.map((one) => nothingKept(one, one.tables)), ...alone];
}

/** Views without a line that a step reads, then those of the steps whose tables it reads. */
function starvedViews(step: PlannedStep, steps: readonly PlannedStep[], books: BooksBySteps): StarvedView[] {
  const met = new Set([step]);
  for (const { upstreams } of met)
    for (const above of steps) if (upstreams.includes(above.name)) met.add(above);
  return [...met]
    .flatMap(({ name }) => Object.entries(books.get(name) ?? {}))
    .flatMap(([source, its]) =>
      Object.entries(its.views)
        .filter(([, { lines }]) => lines.kept === 0)
        .map(([view, { lines }]) => ({ source, view, lines, books: its })),
    );
}

function nothingKept({ source, view, lines, books }: StarvedView, tables: readonly string[]): Finding {
  const { read, unparsable } = books.lines;
  const { filtered, quarantined } = lines;
  const fates = `(${String(filtered)} filtered, ${String(unparsable + quarantined)} quarantined)`;
  const kept =
    view === source
      ? `none of its ${String(read)} lines is kept`
      : `its view ${view} keeps none of ${String(read)} lines`;
  const what = read === 0 ? 'it has no line' : `${kept} ${fates}`;
  const are = tables.length === 1 ? 'is' : 'are';
  return { severity: 'error', subject: source, message: `${what}, so ${tables.join(', ')} ${are} empty` };
}
