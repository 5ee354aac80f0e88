/** Invariants of journals and verdicts: journals are complete, and verdicts are true. */
import type { Entry, Stamped } from '../../../src/run/entries.ts';
import { keys } from '../../../src/lake/layout.ts';
import { advance, begin } from '../../../src/run/advance.ts';
import type { RunState } from '../../../src/run/state.ts';
import { entriesByPlan, entriesOf } from './trace.ts';
import type { Written } from './trace.ts';
import type { World } from './world.ts';

/** A journal has no gaps, and folds into the same state however it is read. */
export async function journalOf({ store, trace }: World, run: string, state: RunState): Promise<string[]> {
  const complaints: string[] = [];
  const names: string[] = [];
  for await (const { key } of store.list(keys.journal(run)))
    names.push(key.slice(keys.journal(run).length, -'.json'.length));
  names.forEach((name, at) => {
    if (Number(name) !== at + 1)
      complaints.push(`the journal of ${run} has ${name} at place ${String(at + 1)}`);
  });
  const entries = entriesOf(trace, run).map(({ entry }) => entry);
  let folded: RunState | undefined;
  for (const entry of entries) {
    const before = JSON.stringify(folded);
    const next: RunState = folded === undefined ? begin(entry) : advance(folded, entry);
    if (before !== JSON.stringify(folded))
      complaints.push(`folding entry ${String(entry.number)} of ${run} changed the state before it`);
    folded = next;
  }
  if (JSON.stringify(folded) !== JSON.stringify(state))
    complaints.push(`the journal of ${run} reads otherwise than it was written`);
  return complaints;
}

/** Each plan has one verdict; it is `succeeded` exactly if the run published, which it does once. */
export function verdicts(world: World, run: string, state: RunState): string[] {
  const { trace } = world;
  const complaints: string[] = [];
  const all = entriesByPlan(entriesOf(world.trace, run));
  all.forEach((chapter, at) => {
    const first = trace.indexOf(chapter[0]!);
    const next = all[at + 1]?.[0];
    const span = trace.slice(first, next === undefined ? undefined : trace.indexOf(next));
    const given = chapter.flatMap(({ entry }) => (entry.entry === 'finished' ? [entry.verdict] : []));
    const publications = span.filter((one) => one.traced === 'publication' && one.run === run);
    const name = `plan ${String(at + 1)} of ${run}`;
    if (given.length !== 1) complaints.push(`${name} has the verdicts ${given.join(', ') || 'none'}`);
    const wanted = given[0] === 'succeeded' ? 1 : 0;
    if (publications.length !== wanted)
      complaints.push(`${name} ${given[0] ?? 'goes on'} and published ${String(publications.length)} times`);
    complaints.push(...twice(name, chapter));
  });
  if (state.finished?.verdict !== 'succeeded')
    complaints.push(`nobody brought ${run} home: ${state.finished?.verdict ?? 'no verdict'}`);
  return complaints;
}

/** Each attempt of a step is submitted, ends and is accepted once. */
function twice(name: string, chapter: readonly Written[]): string[] {
  const seen = new Set<string>();
  return chapter.flatMap(({ entry }) => {
    if (!['step-intent', 'step-submitted', 'step-ended', 'step-accepted'].includes(entry.entry)) return [];
    const { step, attempt } = entry as Extract<Stamped, { entry: 'step-intent' }>;
    const key = `${entry.entry} ${step}#${String(attempt)}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [`${name} has ${key} twice`];
  });
}

/** A process ends with what the journal says at that time. */
export function endings({ trace }: World): string[] {
  return trace.flatMap((end, at) => {
    if (end.traced !== 'ended') return [];
    const { by, verb, run, how, told } = end;
    const says = `${verb} ${run} (${by}) ended with ${how}`;
    const given = trace
      .slice(0, at)
      .flatMap((one) =>
        one.traced === 'entry' && one.run === run && one.entry.entry === 'finished' ? [one.entry] : [],
      );
    const unsure = told.some((text) => /could not be journalled|not every end is confirmed/.test(text));
    if (how === 'internal' || how.startsWith('broken')) return [says];
    if (how === 'returned')
      return given.some(({ verdict }) => verdict === 'succeeded' || verb === 'cancel') ? [] : [says];
    if (['cluster', 'step', 'tables', 'overtaken', 'cancelled'].includes(how))
      return unsure || given.some(({ fault }) => fault === how) ? [] : [says];
    return [];
  });
}

/** A verdict other than success has a cause in the schedule. */
export function causesOfVerdicts(world: World, run: string): string[] {
  const { emr, trace } = world;
  const mine = (name: string) => name.startsWith(`landfall/${run}/`);
  const ends = emr.clusters.flatMap(({ steps }) =>
    steps.flatMap(({ request, ended, fate }) =>
      mine(request.name) && ended !== undefined ? [{ ...ended, fate }] : [],
    ),
  );
  return entriesByPlan(entriesOf(world.trace, run)).flatMap((chapter, number) => {
    const last = chapter.find(({ entry }) => entry.entry === 'finished');
    if (last?.entry.entry !== 'finished' || last.entry.verdict === 'succeeded') return [];
    const { fault = 'internal', message = '' } = last.entry;
    const first = chapter[0]!.entry;
    const its = first.entry === 'planned' || first.entry === 'replanned' ? first.plan.publication : 0;
    const used = entriesByPlan(entriesOf(world.trace, run))
      .slice(0, number + 1)
      .flat()
      .flatMap(({ entry }) => (entry.entry === 'cluster' ? [entry.id] : []));
    const has = (wanted: (entry: Entry) => boolean) => chapter.some(({ entry }) => wanted(entry));
    const causes: Record<string, boolean> = {
      step: ends.some(
        ({ at, state, fate }) =>
          at <= last.at && (state === 'FAILED' || state === 'INTERRUPTED' || fate.silent === true),
      ),
      cluster: emr.clusters.some(
        ({ id, terminated }) => used.includes(id) && terminated !== undefined && terminated <= last.at,
      ),
      cancelled:
        has(({ entry }) => entry === 'cancel-requested') ||
        trace.some(
          (one) => one.traced === 'struck' && one.strike === 'interrupt' && one.run === run && one.owns,
        ) ||
        ends.some(({ at, fate }) => at <= last.at && fate.state === 'CANCELLED'),
      overtaken: trace.some(
        (one) => one.traced === 'publication' && one.number === its && one.run !== run && one.at <= last.at,
      ),
    };
    return causes[fault] === true
      ? []
      : [`${run} is said to have failed for no reason: ${fault}, ${message}`];
  });
}
