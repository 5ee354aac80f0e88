/** What a bench measured, in figures to compare. Pure. */

/** One run of one command. Null: not known on this system. */
export interface Taken {
  /** Seconds. */
  wall: number;
  cpu: number | null;
  /** Bytes. */
  peak: number | null;
  /** Processor seconds that the rest of the machine took meanwhile. */
  others: number | null;
}

export interface Result {
  data: string;
  contestant: string;
  /** Parquet files of all tables. */
  files: number;
  runs: readonly Taken[];
}

/** Where and how the results came about. */
export interface Conditions {
  command: string;
  /** YYYY-MM-DD. */
  date: string;
  /** Processors that each contestant may use. */
  cores: number;
  /** Processor, memory and versions, in words. */
  machine: readonly string[];
  /** The load average of a minute, before the first run. */
  load: number;
  /** The runs whose tables were compared are those that were timed. */
  isQuick: boolean;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (lower === undefined || upper === undefined) throw new Error('there is no median of no values');
  return (lower + upper) / 2;
};

/** The median of a figure; undefined when it is not known of every run. */
export function medianOf({ runs }: Result, figure: keyof Taken): number | undefined {
  const known = runs.map((run) => run[figure]).filter((value) => value !== null);
  return known.length < runs.length || known.length === 0 ? undefined : median(known);
}

/** The median wall time as a multiple of a reference's on the same data; undefined when that did not run. */
export function ratio(result: Result, reference: string, results: readonly Result[]): number | undefined {
  const other = results.find(({ data, contestant }) => data === result.data && contestant === reference);
  const [ours, theirs] = [medianOf(result, 'wall'), other && medianOf(other, 'wall')];
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

/** The largest part of the processors that the rest of the machine took during a run. */
export function disturbance(results: readonly Result[], cores: number): number | undefined {
  const parts = results
    .flatMap(({ runs }) => runs)
    .map(({ others, wall }) => (others === null ? undefined : others / (wall * cores)))
    .filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : Math.max(...parts);
}
