/** Duplicates of our steps, which a lost answer may have left. */
import { bestEffort } from './driven-run.ts';
import type { Run } from './driven-run.ts';
import type { Step } from './ports.ts';
import { isOurs } from './state.ts';
import type { RunState } from './state.ts';
import { isStepOver } from './states.ts';
import { listOurSteps } from './submit-steps.ts';

export interface DuplicateStep {
  step: string;
  attempt: number;
  id: string;
}

/**
 * Cancels all other steps with the name of a submitted one, in one request. If only the first duplicate of a
 * batch were cancelled, the next one would start without its tables.
 */
export async function cancelDuplicates(run: Run, clusterId: string, listed: readonly Step[]): Promise<void> {
  const duplicates = duplicateSteps(run.journal.state(), listed);
  if (duplicates.length === 0) return;
  for (const copy of duplicates) await run.journal.append({ entry: 'step-duplicate', ...copy });
  const ids = duplicates.map(({ id }) => id);
  const names = duplicates.map(({ step, id }) => `${step} (${id})`).join(', ');
  await bestEffort(run, `duplicates of our steps could not be cancelled: ${names}`, () =>
    run.ports.emr.cancelSteps(clusterId, ids),
  );
  run.ports.emit({ event: 'note', message: `cancelling duplicates of our steps: ${names}` });
}

/** The last check: on a cluster that outlives the run, a duplicate that appeared late would keep running. */
export async function cancelLateCopies(run: Run): Promise<void> {
  for (const clusterId of clustersThatStay(run.journal.state()))
    await cancelDuplicates(run, clusterId, await listOurSteps(run, clusterId));
}

/**
 * The listed steps that have not ended and carry the name of an application submitted under another id. Each is reported under
 * the first step of its application. Pure.
 */
export function duplicateSteps({ attempts, current }: RunState, listed: readonly Step[]): DuplicateStep[] {
  const found = Object.entries(attempts).flatMap(([step, all]) =>
    all.flatMap(({ attempt, application, stepId }) =>
      stepId === undefined && attempt === current[step]
        ? []
        : listed
            .filter(({ id, name, state }) => name === application && id !== stepId && !isStepOver(state))
            .map(({ id }) => ({ step, attempt, id })),
    ),
  );
  return found.filter(({ id }, at) => found.findIndex((one) => one.id === id) === at);
}

/** Clusters with steps of the run that neither have ended nor end with it. Pure. */
export function clustersThatStay({ clusters, attempts, plan }: RunState): string[] {
  const used = Object.values(attempts).flatMap((all) => all.map(({ clusterId }) => clusterId));
  return [...new Set(used)].filter((used) => {
    const cluster = clusters.find(({ id }) => id === used);
    if (cluster === undefined || cluster.ended !== undefined || cluster.terminate !== undefined) return false;
    return plan.keepAlive || !isOurs(cluster);
  });
}
