/** A folder with the generated sample in it, for the tests of one file. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { writeSparkify } from '../../scripts/sparkify/write.ts';
import { temporaryFolder } from './landfall.ts';

export interface SamplePlace {
  /** The working folder. */
  cwd: string;
  /** The sample's folder. */
  sample: string;
  songs: string[];
  logs: string[];
  /** The flags of both inputs. */
  inputs: string[];
}

/** The sample is written before the file's tests, and everything is removed after them. */
export function samplePlace(): SamplePlace {
  const { folder: cwd, remove } = temporaryFolder();
  const sample = join(cwd, 'in');
  const songs = ['--song-data', join(sample, 'song_data')];
  const logs = ['--log-data', join(sample, 'log_data')];
  beforeAll(() => {
    mkdirSync(cwd, { recursive: true });
    writeSparkify(sample);
  });
  afterAll(remove);
  return { cwd, sample, songs, logs, inputs: [...songs, ...logs] };
}
