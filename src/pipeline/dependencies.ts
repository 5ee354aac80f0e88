/** What the content of a table depends on, beside its own contract and query. Pure. */
import type { Check, TableContract, TableDependencies } from './contract.ts';
import { namesIn } from './sql-tokens.ts';

/**
 * Each name that the step reads and that occurs anywhere in the query counts as read. This may be a column of the same
 * name: one name too many costs time, and one too few would carry over a table that has changed.
 */
export function dependenciesOf(
  { contract, query }: { contract: TableContract; query: string },
  reads: readonly string[],
): TableDependencies {
  const names = namesIn(query);
  const resolved = contract.resolves === undefined ? [] : [contract.resolves.view];
  const checks = [...new Set([...contract.checks.flatMap(comparedIn), ...resolved])];
  return { query: reads.filter((name) => names.has(name)), checks };
}

/** The tables and views that a check compares the table with. */
function comparedIn(check: Check): string[] {
  if (check.check === 'references') return [check.table];
  return check.check === 'row_count' && check.equals !== undefined ? [check.equals] : [];
}
