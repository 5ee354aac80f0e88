/**
 * What decides the content of a table or source, as digests: its contract as the engine reads it, its query with all
 * parameters filled in, and the engine. Equal digests and equal inputs make equal content. Documentation does not count.
 */
import { bakedSource, bakedTable } from './bake.ts';
import type { Digests, Engine, SourceContract, TableContract, View } from './contract.ts';

export interface DigestedTable {
  contract: TableContract;
  query: string;
}

/** The digest of a value, together with the engine. */
export type Digest = (...parts: unknown[]) => string;

/** `sha256`: the hex digest of a text. */
export function digester({ frame, modules }: Engine, sha256: (text: string) => string): Digest {
  const engine = sha256(JSON.stringify([frame, Object.entries(modules).sort()]));
  return (...parts) => sha256(JSON.stringify([engine, ...parts]));
}

/** `rebuild` decides how much of a table a run makes, not what is in it. */
function withoutRebuild({ rebuild: _, ...contract }: TableContract): TableContract {
  return contract;
}

/** Where a condition stands in its file decides nothing. */
function withoutLines({ checks }: TableContract): Record<string, number> {
  return Object.fromEntries(
    checks.flatMap((check) => (check.check === 'condition' ? [[check.name, 0]] : [])),
  );
}

/** `sources`: each with those of its views that some step reads. `targetFileSize`: in bytes; it decides how many files there are. */
export function contentDigests(
  sources: readonly { source: SourceContract; views: readonly View[] }[],
  tables: Iterable<DigestedTable>,
  { digest, targetFileSize }: { digest: Digest; targetFileSize: number },
): Digests {
  return {
    sources: Object.fromEntries(
      sources.map(({ source, views }) => [source.name, digest(bakedSource(source, views))]),
    ),
    tables: Object.fromEntries(
      [...tables].map(({ contract, query }) => [
        contract.name,
        digest(
          bakedTable(withoutRebuild(contract), withoutLines(contract)),
          contract.internal,
          query,
          targetFileSize,
        ),
      ]),
    ),
  };
}
