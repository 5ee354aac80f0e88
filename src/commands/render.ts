/** `landfall render`: the steps as programs, in a folder. */
import type { CliContext, Flags } from '../cli/context.ts';
import type { RenderFlags } from '../cli/run-verbs.ts';
import { writePrograms } from '../session/write-programs.ts';

export async function run(flags: RenderFlags & Flags, cli: CliContext): Promise<void> {
  const written = await writePrograms(flags, cli);
  cli.printer.result((files) => files.map(({ path }) => path).join('\n'), written);
}
