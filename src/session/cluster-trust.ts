/** Whether a run's steps may go to a cluster that the run did not launch. A journal's word is not enough. */
import type { ClusterChoice } from '../run/plan.ts';

/** Why not; undefined when the plan names this cluster by its id, or when it fits the plan's choice to reuse one. */
export async function whyNotUse(
  choice: ClusterChoice,
  id: string,
  { whyNotReuse }: { whyNotReuse: (clusterId: string) => Promise<string[]> },
): Promise<string | undefined> {
  if (choice.kind === 'id' && choice.id === id) return undefined;
  if (choice.kind !== 'reuse')
    return 'its name in EMR is not a token of this run, and the plan does not name it';
  const why = await whyNotReuse(id);
  return why.length === 0 ? undefined : why.join('; ');
}
