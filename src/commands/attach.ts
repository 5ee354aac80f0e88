/** `landfall attach`: follow a run, or continue it when its driver is gone. */
import type { CliContext, Flags } from '../cli/context.ts';
import type { AttachFlags } from '../cli/run-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { attachRun } from '../session/attach-run.ts';

export async function run(flags: AttachFlags & Flags, cli: CliContext): Promise<void> {
  printOutcome(cli, await attachRun(flags, cli));
}
