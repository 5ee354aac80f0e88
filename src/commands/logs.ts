/** `landfall logs`: what a step wrote. It is printed as it is read, not at the end. */
import type { CliContext } from '../cli/context.ts';
import type { LogsFlags } from '../cli/run-verbs.ts';
import { printLogs } from '../report/print-logs.ts';
import { readLogs } from '../session/read-logs.ts';

export async function run(flags: LogsFlags, cli: CliContext): Promise<void> {
  await printLogs(cli, readLogs(flags, cli));
}
