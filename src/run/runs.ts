/** The runs of a lake. */
import { LandfallError } from '../faults.ts';
import { advise, commandAt } from '../shell-words.ts';
import { isRunId, keys } from '../lake/layout.ts';

interface Runs {
  readonly uri: string;
  folders(prefix: string): AsyncIterable<string>;
  head(key: string): Promise<{ lastModified: Date } | undefined>;
}

const AT_ONCE = 16;

/** Run ids, newest first, by the time their journals began: a name may be anything. */
export async function listRuns(lake: Runs): Promise<string[]> {
  const names: string[] = [];
  for await (const name of lake.folders(keys.runs)) if (isRunId(name)) names.push(name);
  const begun: { name: string; at: number }[] = [];
  for (let start = 0; start < names.length; start += AT_ONCE) {
    const some = names.slice(start, start + AT_ONCE);
    const heads = await Promise.all(some.map((name) => beginning(lake, name)));
    begun.push(
      ...some.flatMap((name, at) =>
        heads[at] === undefined ? [] : [{ name, at: heads[at].lastModified.getTime() }],
      ),
    );
  }
  return begun.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1)).map(({ name }) => name);
}

/** A journal that is unreachable, as behind a link, counts as begun: reading it reports why. */
async function beginning(lake: Runs, name: string): Promise<{ lastModified: Date } | undefined> {
  try {
    return await lake.head(keys.entry(name, 1));
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input') return { lastModified: new Date(0) };
    throw error;
  }
}

/** Names in the folder of runs that belong to no run, or to one without its first entry; sorted. */
export async function namesWithoutRun(
  lake: Runs,
  runs: readonly string[],
): Promise<{ foreign: string[]; headless: string[] }> {
  const foreign: string[] = [];
  const headless: string[] = [];
  for await (const name of lake.folders(keys.runs)) {
    if (!isRunId(name)) foreign.push(name);
    else if (!runs.includes(name)) headless.push(name);
  }
  return { foreign: foreign.sort(), headless: headless.sort() };
}

/** The newest run; throws `input` when the lake has no runs. */
export async function newestRun(lake: Runs): Promise<string> {
  const [newest] = await listRuns(lake);
  if (newest !== undefined) return newest;
  throw new LandfallError('input', `no runs in ${lake.uri}`, {
    next: advise`${commandAt(lake.uri, 'submit')}, or name the lake with --lake`,
  });
}
