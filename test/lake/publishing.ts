/** Runs that publish two small tables, for tests of the publication log and its mirror. */
import { keys, parseDataFile } from '../../src/lake/layout.ts';
import type { LandedTable } from '../../src/run/verification.ts';
import type { Store } from '../../src/store/store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes the tables of a run that is to be publication `number`; songs is partitioned by `years`, users is one file. */
export async function landed(
  store: Store,
  run: string,
  years: readonly number[],
  number = 1,
): Promise<LandedTable[]> {
  const execution = keys.execution(keys.attempt(run, 's', 1), 'local-1-ff');
  const table = async (name: string, names: readonly string[]): Promise<LandedTable> => {
    const files = await Promise.all(
      names.map(async (file) => {
        const cut = file.lastIndexOf('/') + 1;
        const key = `${keys.table(execution, name)}${file}`;
        const { size, etag } = await store.put(key, bytes(`${run} ${name} ${file}`));
        return {
          key,
          mirror: `${name}/${file.slice(0, cut)}${run}-${String(number)}-${file.slice(cut)}`,
          size,
          etag,
          rows: 1,
        };
      }),
    );
    return { table: name, rows: files.length, bytes: 10, partitionBy: [], files };
  };
  return [
    await table(
      'songs',
      years.map((year) => `year=${String(year)}/part-0.zstd.parquet`),
    ),
    await table('users', ['part-0.zstd.parquet']),
  ];
}

/** What a reader of the plain paths sees: key to content. */
export async function plainPaths(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list('')) {
    if (!key.startsWith(keys.landfall) && !key.startsWith(keys.data))
      found[key] = new TextDecoder().decode(await store.get(key));
  }
  return found;
}

/** What a reader should see of these tables. */
export function expectedPaths(tables: readonly LandedTable[]): Record<string, string> {
  return Object.fromEntries(
    tables.flatMap(({ table, files }) =>
      files.map(({ key, mirror }) => {
        const { run, name } = parseDataFile(key)!;
        return [mirror, `${run} ${table} ${name}`];
      }),
    ),
  );
}

const MUTATING = ['put', 'createIfAbsent', 'copy', 'remove'] as const;
const CALLS = [...MUTATING, 'get', 'head', 'getRange', 'now'] as const;

/** The store, which calls `before` ahead of each call, or of each call that changes something. */
export function watched(store: Store, before: (call: string) => Promise<void>, onlyMutating = false): Store {
  const wrapped: Record<string, unknown> = { ...store };
  for (const name of onlyMutating ? MUTATING : CALLS) {
    const call = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
    wrapped[name] = async (...args: unknown[]) => {
      await before(name);
      return call(...args);
    };
  }
  if (!onlyMutating) {
    wrapped['list'] = async function* (prefix: string) {
      await before('list');
      yield* store.list(prefix);
    };
  }
  return wrapped as unknown as Store;
}
