/** `landfall submit`: plan a run, start it, drive it to its verdict. */
import type { CliContext, Flags } from '../cli/context.ts';
import type { SubmitFlags } from '../cli/run-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { startRun } from '../session/start-run.ts';

export async function run(flags: SubmitFlags & Flags, cli: CliContext): Promise<void> {
  printOutcome(cli, await startRun(flags, cli));
}
