/** `landfall runs`: the runs of a lake, newest first. */
import type { CliContext } from '../cli/context.ts';
import type { RunsFlags } from '../cli/run-verbs.ts';
import { formatRuns } from '../report/format-runs.ts';
import { listLakeRuns } from '../session/list-runs.ts';

export async function run(flags: RunsFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatRuns, await listLakeRuns(flags, cli));
}
