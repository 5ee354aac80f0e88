/** `landfall quarantine`: which input lines a run rejected, and why; from the lake alone. */
import { LandfallError } from '../faults.ts';
import { readQuarantine } from '../lake/quarantine.ts';
import { nearest } from '../nearest.ts';
import { formatQuarantine } from '../report/quarantine.ts';
import { readState } from '../run/read-journal.ts';
import { chosenRun } from '../session/chosen-run.ts';
import { openLake } from '../session/compose.ts';
import { configureLake, countFlag } from '../session/settings.ts';
import { textFlag } from '../cli/context.ts';
import type { Flags, CliContext } from '../cli/context.ts';

/** Samples of each reason and field. */
const SAMPLES = 3;

export async function run(flags: Flags, cli: CliContext): Promise<void> {
  const limit = countFlag(flags, 'limit') ?? SAMPLES;
  const store = await openLake(configureLake(flags, cli), cli);
  const state = await readState(store, await chosenRun(flags, store));
  const source = textFlag(flags, 'source');
  const known = state.plan.sources.map(({ name }) => name);
  if (source !== undefined && !known.includes(source)) throw unknownSource(source, known);
  const quarantine = await readQuarantine(store, state, { source, limit });
  cli.printer.result(formatQuarantine, quarantine);
}

function unknownSource(source: string, known: readonly string[]): LandfallError {
  return new LandfallError('input', `the run has no source ${source}: it has ${known.join(', ')}`, {
    next: `--source ${nearest(source, known) ?? known[0] ?? ''}`,
  });
}
