/** What a play's trace shows, by run. */
import type { Traced } from './world.ts';

export type Call = Extract<Traced, { traced: 'call' }>;
export type Written = Extract<Traced, { traced: 'entry' }>;

/** The journal of a run, as it was written. */
export function entriesOf(trace: readonly Traced[], run: string): Written[] {
  return trace.filter((one): one is Written => one.traced === 'entry' && one.run === run);
}

/** Every run that began. */
export function runsOf(trace: readonly Traced[]): string[] {
  return [...new Set(trace.flatMap((one) => (one.traced === 'entry' ? [one.run] : [])))];
}

/** From a plan to the next one. */
export function entriesByPlan(entries: readonly Written[]): Written[][] {
  const starts = entries.flatMap(({ entry }, at) =>
    entry.entry === 'planned' || entry.entry === 'replanned' ? [at] : [],
  );
  return starts.map((start, at) => entries.slice(start, starts[at + 1]));
}
