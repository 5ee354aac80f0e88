/** `landfall emr-local`: an EMR endpoint on this machine, until it is told to stop. */
import type { CliContext } from '../cli/context.ts';
import type { EmrLocalFlags } from '../cli/verbs.ts';
import { serveEndpoint } from '../session/serve-endpoint.ts';

export async function run(flags: EmrLocalFlags, cli: CliContext): Promise<void> {
  await serveEndpoint(flags, cli);
}
