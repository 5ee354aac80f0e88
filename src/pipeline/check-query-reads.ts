/** A query that reads a view or table of the pipeline which its step does not name under `reads`. */
import { present } from '../present.ts';
import type { Diagnostic } from '../faults.ts';
import { lacking } from './consequences.ts';
import type { QueryText } from './query.ts';
import { viewsRead } from './read-only.ts';
import { mistake, placeOf } from './template-file.ts';

/** What there is to read in a pipeline. */
export interface Readable {
  sources: readonly { name: string; views: readonly { name: string }[] }[];
  /** In their order, with the names of the tables that they write. */
  steps: readonly { name: string; reads: readonly string[]; writes: readonly string[] }[];
}

/**
 * Only certain cases: a name that the pipeline knows, and that the query does not define itself. `sql`: the query
 * as rendered. One mistake for each name.
 */
export function checkQueryReads(
  source: QueryText,
  sql: string,
  { step: owner, readable }: { step: string; readable: Readable },
): Diagnostic[] {
  const index = readable.steps.findIndex(({ name }) => name === owner);
  const { reads } = present(readable.steps[index], `step ${owner}`);
  const seen = new Set(reads);
  return viewsRead(sql).flatMap(({ name: written, line }) => {
    const name = written.toLowerCase();
    const advice = seen.has(name) ? undefined : adviceOn(name, index, readable);
    if (advice === undefined) return [];
    seen.add(name);
    const at = placeOf(source.path, line + source.firstLine - 1);
    return [lacking([name], mistake(at, `the query reads ${name}, which ${advice.why}`, advice.hint))];
  });
}

/** The hint for a name that a step does not read. */
export function addToReads(name: string, step: string): string {
  return `add ${name} to reads of step ${step} in pipeline.yaml`;
}

function adviceOn(
  name: string,
  index: number,
  { sources, steps }: Readable,
): { why: string; hint: string } | undefined {
  const step = steps[index]?.name ?? '';
  const unread = { why: `step ${step} does not name under reads`, hint: addToReads(name, step) };
  if (sources.some(({ views }) => views.some((view) => view.name === name))) return unread;
  const source = sources.find((one) => one.name === name);
  if (source !== undefined) {
    const views = source.views.map((view) => view.name).join(', ');
    return { why: 'is a source', hint: `read one of its views: ${views}` };
  }
  const writer = steps.findIndex(({ writes }) => writes.includes(name));
  const other = steps[writer]?.name;
  if (other === undefined) return undefined;
  if (writer < index) return unread;
  const hint = `a query reads views and tables of earlier steps; write ${name} in an earlier step`;
  return writer === index
    ? { why: `step ${step} writes itself`, hint }
    : { why: `step ${other} writes later`, hint: `put ${other} before ${step}, and ${unread.hint}` };
}
