/** `landfall cancel`: cancel a run from anywhere, and wait until that is confirmed. */
import type { CliContext } from '../cli/context.ts';
import type { CancelFlags } from '../cli/run-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { requestCancel } from '../session/request-cancel.ts';

export async function run(flags: CancelFlags, cli: CliContext): Promise<void> {
  printOutcome(cli, await requestCancel(flags, cli));
}
