/**
 * Checks what is in the lake now against what was published: the published files, and their copies at the plain
 * paths.
 */
import type { Finding } from '../run/verification.ts';
import type { ObjectInfo, Store } from '../store/store.ts';
import { etagsOf, rewriting } from './as-published.ts';
import { keys, parseDataFile } from './layout.ts';
import { namedFinding } from './named-finding.ts';
import { comparePlainPaths } from './plain-paths.ts';
import type { PlainPath } from './plain-paths.ts';
import type { Publication } from './publication.ts';

/** Files of the entry that are gone, changed or replaced, and data that was added beside them. */
export async function publishedFindings(
  store: Store,
  { tables, madeOf }: { tables: Publication['tables']; madeOf: Pick<Publication['madeOf'], 'steps'> },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const etags = etagsOf(tables);
  for (const { table, files } of tables) {
    const there = new Map<string, ObjectInfo>();
    const maker = madeOf.steps.find(({ writes }) => writes.includes(table))?.execution;
    const own = maker === undefined ? [] : [keys.table(maker, table)];
    const folders = new Set([
      ...own,
      ...files.flatMap(({ key }) => {
        const file = parseDataFile(key);
        return file === undefined ? [] : [keys.written(file, file.table)];
      }),
    ]);
    for (const folder of folders) {
      for await (const object of store.list(folder)) there.set(object.key, object);
    }
    const known = new Set(files.map(({ key }) => key));
    const missing = files.filter(({ key }) => !there.has(key));
    const present = files.filter(({ key }) => there.has(key));
    const resized = present.filter(({ key, size }) => there.get(key)?.size !== size);
    const ofItsSize = present.filter(({ key, size }) => there.get(key)?.size === size);
    const rewritten: string[] = [];
    const copied: string[] = [];
    for (const file of ofItsSize) {
      const how = await rewriting(store, etags, file, there.get(file.key) ?? file);
      if (how !== undefined) (how === 'copied' ? copied : rewritten).push(file.key);
    }
    // The folders of earlier executions have files that this publication no longer needs.
    const added = [...there.keys()].filter(
      (key) => key.endsWith('.parquet') && !known.has(key) && own.some((folder) => key.startsWith(folder)),
    );
    findings.push(
      ...namedFinding(
        table,
        'a published file is gone',
        missing.map(({ key }) => key),
      ),
      ...namedFinding(
        table,
        'a published file differs in size from what was published',
        resized.map(({ key }) => key),
      ),
      ...namedFinding(table, 'a published file was rewritten since publication', rewritten),
      ...namedFinding(
        table,
        'a published file was copied or rewritten; its size and footer are as published',
        copied,
        'warn',
      ),
      ...namedFinding(table, 'a data file was not published', added),
    );
  }
  return findings;
}

/** What a reader of the plain paths would miss, or see in excess. */
export async function plainPathFindings(store: Store, entry: Publication): Promise<Finding[]> {
  return (await comparePlainPaths(store, entry)).flatMap(findingsOf);
}

function findingsOf({ table, missing, changed, leftover, foreign }: PlainPath): Finding[] {
  return [
    ...namedFinding(table, 'a published file is missing at its plain path', missing),
    ...namedFinding(table, 'a plain path is not a copy of its published file', changed),
    ...namedFinding(table, 'a file of an earlier publication is left at its plain path', leftover),
    ...namedFinding(table, 'an object at a plain path is not Landfall’s', foreign),
  ];
}
