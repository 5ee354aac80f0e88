/** `landfall verify`: check what lies in the lake, without Spark. */
import type { CliContext } from '../cli/context.ts';
import type { VerifyFlags } from '../cli/lake-verbs.ts';
import { formatVerified } from '../report/verified.ts';
import { checkLake } from '../session/check-lake.ts';

export async function run(flags: VerifyFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatVerified, await checkLake(flags, cli));
}
