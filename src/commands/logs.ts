/** `landfall logs`: what a step wrote. It is printed as it is read, not at the end. */
import type { CliContext } from '../cli/context.ts';
import type { LogsFlags } from '../cli/run-verbs.ts';
import { showLogs } from '../session/show-logs.ts';

export async function run(flags: LogsFlags, cli: CliContext): Promise<void> {
  await showLogs(flags, cli);
}
