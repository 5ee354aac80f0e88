/** Invariants of landed tables: publications and plain paths. */
import { keys } from '../../../src/lake/layout.ts';
import { newestPublication, readPublication } from '../../../src/lake/publication.ts';
import { currentAttempt } from '../../../src/run/state.ts';
import type { RunState } from '../../../src/run/state.ts';
import type { World } from './world.ts';

/** A run publishes what it accepted: one execution of each step of this run, each made from the accepted upstreams. */
export async function published(world: World, run: string, state: RunState): Promise<string[]> {
  if (state.finished?.verdict !== 'succeeded') return [];
  const entry =
    state.published === undefined ? undefined : await readPublication(world.store, state.published);
  if (entry?.run !== run) return [`${run} succeeded, and number ${String(state.published)} is not its own`];
  const complaints: string[] = [];
  for (const { name, upstreams } of state.plan.steps) {
    const execution = currentAttempt(state, name)?.execution;
    const files = entry.tables.find(({ table }) => table === name)?.files ?? [];
    const [file] = files;
    if (
      execution === undefined ||
      file === undefined ||
      files.length > 1 ||
      !file.key.startsWith(keys.table(execution, name))
    ) {
      complaints.push(
        `${run} published ${JSON.stringify(files)} of ${name}, and accepted ${execution ?? 'none'}`,
      );
      continue;
    }
    const { read } = JSON.parse(await textOf(world, file.key)) as { read?: string };
    for (const upstream of upstreams) {
      const wanted = `${upstream}=${state.plan.lake}/${currentAttempt(state, upstream)?.execution ?? ''}`;
      if (read !== wanted)
        complaints.push(`${name} of ${run} read ${read ?? 'nothing'} instead of ${wanted}`);
    }
  }
  return complaints;
}

async function textOf({ store }: World, key: string): Promise<string> {
  return new TextDecoder().decode(await store.get(key));
}

/** The publication log has no gaps, and no number was taken twice. */
export async function log({ store, trace }: World): Promise<string[]> {
  const numbers = trace.flatMap((one) => (one.traced === 'publication' ? [one.number] : []));
  const newest = (await newestPublication(store))?.number ?? 0;
  return numbers.join() === Array.from({ length: newest }, (_, at) => at + 1).join()
    ? []
    : [`the publication log was written as ${numbers.join()}`];
}

/** The plain paths have the newest publication, and nothing else. */
export async function mirror(world: World): Promise<string[]> {
  const newest = await newestPublication(world.store);
  const wanted = new Map(newest?.tables.flatMap(({ files }) => files.map((one) => [one.mirror, one.key])));
  const complaints: string[] = [];
  for await (const { key } of world.store.list('')) {
    if (key.startsWith(keys.landfall) || key.startsWith(keys.data)) continue;
    const from = wanted.get(key);
    if (from === undefined) complaints.push(`${key} is left of another publication`);
    else if ((await textOf(world, key)) !== (await textOf(world, from)))
      complaints.push(`${key} is not what was published`);
    wanted.delete(key);
  }
  return [...complaints, ...[...wanted.keys()].map((key) => `${key} is missing`)];
}
