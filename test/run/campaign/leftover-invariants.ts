/** Invariants of what a run leaves in EMR. */
import type { FakeCluster, FakeStep } from './fake-emr.ts';
import { entriesByPlan, entriesOf } from './trace.ts';
import type { Call } from './trace.ts';
import type { World } from './world.ts';

/** A cluster or step may appear so shortly before a verdict that nobody could see it. */
const UNSEEN_MS = 60_000;

/** At a verdict, every visible cluster and step of the run has ended or is requested to end; in a cancelled run it has ended. */
export function leftRunning(world: World): string[] {
  const { trace, emr, schedule } = world;
  return trace.flatMap((given, at) => {
    if (given.traced !== 'entry' || given.entry.entry !== 'finished') return [];
    const { verdict } = given.entry;
    const chapter = entriesByPlan(entriesOf(trace, given.run)).find((its) => its.includes(given)) ?? [];
    const ended = verdict === 'cancelled' && chapter.some(({ entry }) => entry.entry === 'cancel-requested');
    const asked = (op: Call['op'], id: string) =>
      !ended &&
      trace.slice(0, at).some((one) => one.traced === 'call' && one.op === op && one.about.includes(id));
    const mine = (name: string, { visible, created }: FakeCluster | FakeStep) =>
      name.startsWith(`landfall/${given.run}/`) && Math.max(visible, created) < given.at - UNSEEN_MS;
    const live = emr.clusters.filter(
      ({ id, terminated = Number.POSITIVE_INFINITY }) => terminated > given.at && !asked('terminate', id),
    );
    const clusters = live.filter((one) => mine(one.token, one) && !schedule.keepAlive);
    const steps = live
      .flatMap((one) => one.steps)
      .filter((one) => mine(one.request.name, one) && !asked('cancelSteps', one.id))
      .filter((one) => one.ended === undefined || one.ended.at > given.at);
    return [
      ...clusters.map(({ id, token }) => `${id} (${token}) runs on after the verdict ${verdict}`),
      ...steps.map(({ id, request }) => `${id} (${request.name}) runs on after the verdict ${verdict}`),
    ];
  });
}

/** A driver that has seen two live copies of a step cancels the one that it does not keep, unless that ends by itself. */
export function duplicates({ trace, emr }: World): string[] {
  const steps = emr.clusters.flatMap((cluster) => cluster.steps);
  return trace.flatMap((seen, at) => {
    if (seen.traced !== 'seen') return [];
    const names = seen.live.map(({ name }) => name);
    const later = trace
      .slice(at)
      .filter((one): one is Call => one.traced === 'call' && one.by === seen.by)
      .slice(0, PROMPT_CALLS);
    if (later.length < PROMPT_CALLS) return [];
    const until = trace.indexOf(later.at(-1)!);
    const kept = trace
      .slice(0, until)
      .flatMap((one) =>
        one.traced === 'entry' && one.entry.entry === 'step-submitted' ? [one.entry.id] : [],
      );
    const copies = seen.live.filter(
      ({ id, name }) => !kept.includes(id) && names.filter((other) => other === name).length > 1,
    );
    const cancelled = trace
      .slice(0, until)
      .flatMap((one) => (one.traced === 'call' && one.op === 'cancelSteps' ? one.about : []));
    const hasEnded = (id: string) =>
      (steps.find((step) => step.id === id)?.ended?.at ?? Number.POSITIVE_INFINITY) <=
      (later.at(-1)?.at ?? 0);
    return copies
      .filter(({ id }) => !cancelled.includes(id) && !hasEnded(id))
      .map(({ id, name }) => `${id}, a second copy of ${name}, was seen by ${seen.by} and not cancelled`);
  });
}

const PROMPT_CALLS = 8;
