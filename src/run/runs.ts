/** The runs of a lake. */
import { LandfallError } from '../faults.ts';
import { keys } from './plan.ts';

interface Folders {
  readonly uri: string;
  folders(prefix: string): AsyncIterable<string>;
}

/** Run ids, newest first as far as their names tell: ids we choose begin with their minute. */
export async function listRuns(lake: Folders): Promise<string[]> {
  const runs: string[] = [];
  for await (const name of lake.folders(keys.runs)) runs.push(name);
  return runs.sort().reverse();
}

/** The newest run; throws `input` when the lake has none. */
export async function newestRun(lake: Folders): Promise<string> {
  const [newest] = await listRuns(lake);
  if (newest !== undefined) return newest;
  throw new LandfallError('input', `there is no run in ${lake.uri}`, {
    next: 'landfall submit, or name the lake with --lake',
  });
}
