/** The smallest inputs that Landfall accepts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes one empty object for each source of the shipped pipeline below the folder. */
export function writeTinyInputs(folder: string): void {
  for (const source of ['song_data', 'log_data']) {
    mkdirSync(join(folder, source), { recursive: true });
    writeFileSync(join(folder, source, 'one.json'), '{}\n');
  }
}
