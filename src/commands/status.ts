/** `landfall status`: the state of a run, from its journal. */
import type { CliContext } from '../cli/context.ts';
import type { StatusFlags } from '../cli/run-verbs.ts';
import { formatStatusNow } from '../report/format-status-now.ts';
import { lookAtRun } from '../session/look-at-run.ts';

export async function run(flags: StatusFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatStatusNow, await lookAtRun(flags, cli));
}
