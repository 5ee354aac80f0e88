/** `landfall quarantine`: which input lines a run rejected, and why. */
import type { CliContext } from '../cli/context.ts';
import type { QuarantineFlags } from '../cli/lake-verbs.ts';
import { formatQuarantine } from '../report/format-quarantine.ts';
import { rejectedLines } from '../session/rejected-lines.ts';

export async function run(flags: QuarantineFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatQuarantine, await rejectedLines(flags, cli));
}
