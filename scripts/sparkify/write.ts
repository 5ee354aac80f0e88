/** Writes Sparkify's data into a folder. */
import { writeSample } from '../../src/local/write-sample.ts';
import { generateSparkify } from './data.ts';
import type { SparkifyData, SparkifyOptions } from './data.ts';

export interface WrittenSparkify {
  sources: { song_data: string; log_data: string };
  /** False: it was there already. */
  written: boolean;
  data: SparkifyData;
}

export function writeSparkify(folder: string, options: SparkifyOptions = {}): WrittenSparkify {
  const data = generateSparkify(options);
  const { sources, written } = writeSample(folder, data.files);
  const { song_data, log_data } = sources;
  if (song_data === undefined || log_data === undefined)
    throw new Error('the data have no songs or no events');
  return { sources: { song_data, log_data }, written, data };
}
