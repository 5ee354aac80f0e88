/** `landfall rollback`: make the tables of an earlier publication current again. */
import type { CliContext } from '../cli/context.ts';
import type { RollbackFlags } from '../cli/lake-verbs.ts';
import { formatRollback } from '../report/format-rollback.ts';
import { rollBack } from '../session/roll-back.ts';

export async function run(flags: RollbackFlags, cli: CliContext): Promise<void> {
  cli.printer.result(formatRollback, await rollBack(flags, cli));
}
