/** `landfall gc`: list what nothing in the lake needs any more; with --yes remove it. */
import type { CliContext } from '../cli/context.ts';
import type { GcFlags } from '../cli/lake-verbs.ts';
import { formatGc } from '../report/format-gc.ts';
import { collectGarbage } from '../session/collect-garbage.ts';

export async function run(flags: GcFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatGc, await collectGarbage(flags, cli));
}
