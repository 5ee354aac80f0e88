/** Which run a verb is about. */
import { newestRun } from '../run/runs.ts';
import { checkRunId } from '../run/run-id.ts';
import type { Store } from '../store/store.ts';
import type { AttachFlags } from '../cli/run-verbs.ts';

/** The run that was named, else the newest of the lake. Throws `input` for a name that no run can have, or an empty lake. */
export async function chosenRun(flags: Pick<AttachFlags, 'run'>, store: Store): Promise<string> {
  const named = flags.run;
  return named === undefined ? newestRun(store) : checkRunId(named);
}
