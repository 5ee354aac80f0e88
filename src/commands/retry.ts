/** `landfall retry`: render again, rerun what has to be, keep the rest. */
import type { CliContext, Flags } from '../cli/context.ts';
import type { RetryFlags } from '../cli/run-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { retryNamed } from '../session/retry-run.ts';

export async function run(flags: RetryFlags & Flags, cli: CliContext): Promise<void> {
  printOutcome(cli, await retryNamed(flags, cli));
}
