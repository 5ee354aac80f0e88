/** `landfall emr-local`: an EMR endpoint on this machine, until it is told to stop. */
import type { CliContext } from '../cli/context.ts';
import type { EmrLocalFlags } from '../cli/verbs.ts';
import { serveEndpoint } from '../session/serve-endpoint.ts';
import { exportLine } from '../shell-words.ts';

export async function run(flags: EmrLocalFlags, cli: CliContext): Promise<void> {
  for await (const variables of serveEndpoint(flags, cli))
    cli.printer.result(exportLine(variables), variables);
}
