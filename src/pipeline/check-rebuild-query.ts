/** A table with `rebuild` whose query reads one view twice. */
import type { Readable } from './check-query-reads.ts';
import type { TableContract } from './contract.ts';
import type { Diagnostic } from '../faults.ts';
import type { QueryText } from './query.ts';
import { viewsRead } from './read-only.ts';
import { mistake, placeOf } from './template-file.ts';

/**
 * The affected partitions are found by the query over changed lines of one view and all lines of the others. A join of
 * the view with itself would need all its lines as well, and so would a second lookup in a table that `rebuild.when`
 * names. `sql`: the query as rendered.
 */
export function checkRebuildQuery(
  source: QueryText,
  sql: string,
  { contract: { rebuild }, readable }: { contract: TableContract; readable: Readable },
): Diagnostic[] {
  if (rebuild === undefined) return [];
  const changing = new Set([
    ...readable.sources.flatMap(({ views }) => views.map(({ name }) => name)),
    ...Object.keys(rebuild.when ?? {}),
  ]);
  const seen = new Set<string>();
  return viewsRead(sql).flatMap(({ name: written, line }) => {
    const name = written.toLowerCase();
    if (!changing.has(name)) return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `the query reads ${name} twice, so the partitions that a change affects cannot be found`;
    const at = placeOf(source.path, line + source.firstLine - 1);
    return [mistake(at, message, 'read it once, or remove rebuild')];
  });
}
