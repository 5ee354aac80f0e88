/** Data of fixed sizes, by name: what `npm run bench` reads. */
import type { SparkifyOptions } from './data.ts';

export interface DataSet {
  doc: string;
  options: Omit<SparkifyOptions, 'seed'>;
}

/** Clean data, so that all contestants of the bench must make the same tables. */
function dataSet(doc: string, songs: number, days: number, eventsPerDay: number): DataSet {
  return { doc, options: { songs, days, eventsPerDay, clean: true } };
}

/** 440 bytes an event. */
export const DATA_SETS = {
  sample: dataSet('71 songs, 30 days, 3.8 MB of events: the size of the real sample', 71, 30, 290),
  small: dataSet('1,000 songs, 30 days, 20 MB of events', 1_000, 30, 1_520),
  s1: dataSet('15,000 songs, 30 days, 300 MB of events', 15_000, 30, 22_700),
  s2: dataSet('50,000 songs, 30 days, 1 GB of events', 50_000, 30, 75_700),
  s3: dataSet('200,000 songs, 30 days, 5 GB of events', 200_000, 30, 378_500),
  y: dataSet('15,000 songs, 365 days in 12 months, 365 MB of events', 15_000, 365, 2_270),
} as const satisfies Record<string, DataSet>;

export type DataSetName = keyof typeof DATA_SETS;

export const isDataSet = (name: string): name is DataSetName => Object.hasOwn(DATA_SETS, name);
