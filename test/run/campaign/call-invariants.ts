/** Invariants of the calls that reached EMR: journalled before, made once, in time, and by the owner. */
import type { Entry } from '../../../src/run/entries.ts';
import { isOurs } from './fake-emr.ts';
import { plan } from '../../support/fake-run.ts';
import { entriesOf } from './trace.ts';
import type { Call } from './trace.ts';
import type { World } from './world.ts';

/** The journal has the intent before each call that changes something; requests after a signal need not wait for it. */
export function intents({ trace }: World, run: string): string[] {
  const entries: Entry[] = [];
  const complaints: string[] = [];
  for (const one of trace) {
    if (one.traced === 'entry' && one.run === run) entries.push(one.entry);
    if (one.traced === 'publication' && one.run === run) {
      if (!entries.some((its) => its.entry === 'publish-intent' && its.publication === one.number))
        complaints.push(`${run} published number ${String(one.number)} without intent`);
    }
    if (one.traced === 'call' && one.run === run && !one.interrupted)
      for (const about of one.about.filter((name) => !announced(one, name, entries)))
        complaints.push(`${one.op} ${about} by ${one.by} without intent`);
  }
  return complaints;
}

function announced({ op }: Call, about: string, entries: readonly Entry[]): boolean {
  const wished = entries.some(({ entry }) => entry === 'cancel-requested');
  switch (op) {
    case 'runJobFlow':
      return entries.some((one) => one.entry === 'cluster-intent' && one.token === about);
    case 'addSteps':
      return entries.some((one) => one.entry === 'step-intent' && one.token === about);
    case 'cancelSteps':
      return wished || entries.some((one) => one.entry === 'step-duplicate' && one.id === about);
    case 'terminate':
      return (
        wished ||
        entries.some(
          (one) =>
            (one.entry === 'terminate-intent' && one.clusterId === about) ||
            (one.entry === 'cluster-duplicate' && one.id === about),
        )
      );
    case 'findClusters':
    case 'describeCluster':
    case 'listSteps':
    case 'getSteps':
    case 'describeStep':
    case 'findReusable':
      return true;
  }
}

/** A driver changes nothing after it could have known that another driver owns the run. */
export function late({ trace }: World): string[] {
  const changing = ['runJobFlow', 'addSteps', 'cancelSteps', 'terminate'];
  return trace.flatMap((one) =>
    one.traced === 'call' && changing.includes(one.op) && !one.interrupted && (one.late?.ms ?? 0) > 1_000
      ? [`${one.by} sends ${one.op} ${one.about.join()} though ${one.run} is ${one.late?.owner ?? ''}'s`]
      : [],
  );
}

/** A request that may have taken effect is sent again only after a look, a settle window later. */
export function resent({ trace }: World): string[] {
  const calls = trace.filter((one): one is Call => one.traced === 'call');
  return calls.flatMap((one, at) => {
    if (one.op !== 'runJobFlow' && one.op !== 'addSteps') return [];
    const before = calls.findLastIndex(
      ({ op, by, about }, then) =>
        then < at && op === one.op && by === one.by && about.join() === one.about.join(),
    );
    if (before < 0 || calls[before]!.unsent) return [];
    const ms = Math.round(one.at - calls[before]!.at);
    const looks = calls
      .slice(before, at)
      .filter(({ by, op }) => by === one.by && (op === 'findClusters' || op === 'listSteps'));
    return looks.length >= 2 && ms >= plan.settleSeconds * 1000
      ? []
      : [`${one.op} ${one.about.join()} was sent again by ${one.by} after ${String(ms)} ms`];
  });
}

/** A driver gives up only after a long time without any answer. */
export function patience({ trace, schedule }: World): string[] {
  const long = schedule.troubles.some((one) => one.trouble === 'outage' && one.ms > 13 * 60_000);
  return trace.flatMap((one) => {
    if (long || one.traced !== 'ended' || one.how !== 'unreachable') return [];
    const drove = trace.some(
      (other) =>
        other.traced === 'entry' && other.entry.driver === one.by && other.entry.entry !== 'cancel-requested',
    );
    const slept = trace.some(
      (other) => other.traced === 'struck' && other.by === one.by && other.strike === 'pause',
    );
    return drove && !slept ? [`${one.verb} ${one.run} (${one.by}) gave up: ${one.told.join('; ')}`] : [];
  });
}

/** On Ctrl-C the driver of a running step requests its end within two seconds, whatever else fails. */
export function promptly({ trace, emr }: World): string[] {
  return trace.flatMap((struck, at) => {
    if (struck.traced !== 'struck' || struck.strike !== 'interrupt') return [];
    const before = trace.slice(0, at);
    const its = entriesOf(before, struck.run).map(({ entry }) => entry);
    const submitted = its.findLast(({ entry }) => entry === 'step-submitted');
    const drives = its.findLast(({ entry }) => ['planned', 'replanned', 'taken-over'].includes(entry));
    const busy = before.findLast((one) => one.traced !== 'struck' && 'by' in one && one.by === struck.by);
    const step = emr.clusters
      .flatMap(({ steps }) => steps)
      .find(({ id }) => submitted?.entry === 'step-submitted' && id === submitted.id);
    const after = trace.slice(at).filter(({ at: then }) => then <= struck.at + 2_000);
    if (
      step === undefined ||
      its.at(-1) !== submitted ||
      drives?.driver !== struck.by ||
      busy?.traced !== 'seen' ||
      (step.ended !== undefined && step.ended.at < struck.at + 2_000) ||
      after.length === trace.length - at ||
      trace.some((one) => one.traced === 'struck' && one.by === struck.by && one.strike !== 'interrupt') ||
      after.some((one) => one.traced === 'call' && one.op === 'cancelSteps' && one.about.includes(step.id)) ||
      after.some((one) => one.traced === 'entry' && one.entry.driver !== struck.by)
    )
      return [];
    return [`${struck.by} was interrupted and did not ask for the end of ${step.id}`];
  });
}

/** Nobody terminates a cluster that the run did not launch. */
export function strangers({ trace, emr }: World): string[] {
  const others = emr.clusters.filter((one) => !isOurs(one)).map(({ id }) => id);
  return trace.flatMap((one) =>
    one.traced === 'call' && one.op === 'terminate' && one.about.some((id) => others.includes(id))
      ? [`${one.by} asks for the end of somebody else's cluster`]
      : [],
  );
}
