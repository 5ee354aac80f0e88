/** `landfall publications`: what was published in a lake, newest first. */
import type { CliContext } from '../cli/context.ts';
import type { PublicationsFlags } from '../cli/lake-verbs.ts';
import { formatPublications } from '../report/format-publications.ts';
import { listLakePublications } from '../session/list-publications.ts';

export async function run(flags: PublicationsFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatPublications, await listLakePublications(flags, cli));
}
