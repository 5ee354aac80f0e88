/** Which input lines a run rejected, and why; from the lake alone. */
import type { LandfallError } from '../faults.ts';
import { readQuarantine, unknownName } from '../lake/read-quarantine.ts';
import type { AskedOf } from '../lake/read-quarantine.ts';
import type { Quarantine } from '../run/rejections.ts';
import { readState } from '../run/read-journal.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { configureLake, countFlag } from './configure.ts';
import type { CliContext } from '../cli/context.ts';
import type { QuarantineFlags } from '../cli/lake-verbs.ts';

/** Samples of each reason and field. */
const SAMPLES = 3;

export async function rejectedLines(flags: QuarantineFlags, cli: CliContext): Promise<Quarantine> {
  const limit = countFlag(flags, 'limit') ?? SAMPLES;
  const store = await openLake(configureLake(flags, cli), cli);
  const state = await readState(store, await chosenRun(flags, store));
  const { source } = flags;
  const known = state.plan.sources.map(({ name }) => name);
  if (source !== undefined && !known.includes(source))
    throw unknownSource(source, known, { lake: store.uri, run: state.plan.run });
  return readQuarantine(store, state, { source, view: flags.view, limit });
}

function unknownSource(source: string, known: readonly string[], asked: AskedOf): LandfallError {
  const message = `the run has no source ${source}: it has ${known.join(', ')}`;
  return unknownName(message, ['--source', source], known, asked);
}
