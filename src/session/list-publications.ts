/** What was published in a lake, newest first, and what is current. */
import { LandfallError } from '../faults.ts';
import type { PublicationLine } from '../report/format-publications.ts';
import { openLake } from './compose.ts';
import { configureLake } from './configure.ts';
import type { CliContext } from '../cli/context.ts';
import type { PublicationsFlags } from '../cli/lake-verbs.ts';

/** How many entries are read: the newest. */
const SHOWN = 50;

export async function listLakePublications(
  flags: PublicationsFlags,
  cli: CliContext,
): Promise<PublicationLine[]> {
  const store = await openLake(configureLake(flags, cli), cli);
  const { readPublication } = await import('../lake/publication.ts');
  const { listPublications } = await import('../lake/publication-numbers.ts');
  const numbers = (await listPublications(store)).numbers.reverse();
  const lines: PublicationLine[] = [];
  const { printer } = cli;
  for (const number of numbers.slice(0, SHOWN)) {
    try {
      const entry = await readPublication(store, number);
      if (entry === undefined) continue;
      const { run: its, publishedAt, rollbackTo, tables } = entry;
      lines.push({
        number,
        publishedAt,
        run: its,
        ...(rollbackTo === undefined ? {} : { rollbackTo }),
        current: number === numbers[0],
        tables: tables.map(({ table, rows }) => ({ table, rows })),
      });
    } catch (error) {
      // One damaged entry must not hide the others.
      if (!(error instanceof LandfallError) || error.fault !== 'input') throw error;
      printer.emit({ event: 'warning', message: [error.message, ...error.why].join('; ') });
    }
  }
  if (numbers.length === 0) printer.say(`nothing was published in ${store.uri}`);
  if (numbers.length > SHOWN)
    printer.say(`the newest ${String(SHOWN)} of ${String(numbers.length)} publications`);
  return lines;
}
