/** All waiters for an end share one poll: however many wait, EMR's quotas see one of them. */
import { listOurSteps } from './submit-steps.ts';
import type { Run } from './driven-run.ts';
import type { Cluster, Step } from './ports.ts';

/** Often at first, and in the long run as often as EMR's quota of ListSteps gives a token back. */
const SHORTEST_MS = 400;
const LONGEST_MS = 2_000;

/** Our steps on that cluster, strangers' among them, as `listOurSteps` has them; up to two seconds old. */
export function stepsNow(run: Run, clusterId: string): Promise<Step[]> {
  return shared(run, `steps ${clusterId}`, () => listOurSteps(run, clusterId));
}

/** The cluster; up to two seconds old. */
export function clusterNow(run: Run, clusterId: string): Promise<Cluster> {
  return shared(run, `cluster ${clusterId}`, () => run.ports.emr.describeCluster(clusterId));
}

/** The answer of the last look, or of a new one when that is due. One that failed counts as a look too. */
function shared<T>({ ports, looks }: Run, what: string, ask: () => Promise<T>): Promise<T> {
  const now = ports.clock.monotonic();
  const before = looks.get(what);
  const due = before === undefined ? now : before.last + between(before.last - before.first);
  if (before !== undefined && now < due) return before.answer as Promise<T>;
  const answer = ask();
  looks.set(what, { first: before?.first ?? now, last: now, answer });
  return answer;
}

function between(lookedForMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lookedForMs / 3));
}
