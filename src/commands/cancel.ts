/** `landfall cancel`: ask a run to end, from anywhere, and wait until it has. */
import type { CliContext } from '../cli/context.ts';
import type { CancelFlags } from '../cli/run-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { requestCancel } from '../session/request-cancel.ts';

export async function run(flags: CancelFlags, cli: CliContext): Promise<void> {
  printOutcome(cli, await requestCancel(flags, cli));
}
