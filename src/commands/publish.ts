/** `landfall publish`: publish what a run left in the lake, without a cluster. */
import type { CliContext } from '../cli/context.ts';
import type { PublishFlags } from '../cli/lake-verbs.ts';
import { printOutcome } from '../report/outcome.ts';
import { publishRun } from '../session/publish-run.ts';

export async function run(flags: PublishFlags, cli: CliContext): Promise<void> {
  printOutcome(cli, await publishRun(flags, cli));
}
