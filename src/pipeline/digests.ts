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

export interface Digesting {
  engine: Engine;
  /** In bytes; it decides how many files there are. */
  targetFileSize: number;
  /** Hex digest of a text. */
  sha256: (text: string) => string;
}

/** Where a condition stands in its file decides nothing. */
function withoutLines({ checks }: TableContract): Record<string, number> {
  return Object.fromEntries(
    checks.flatMap((check) => (check.check === 'condition' ? [[check.name, 0]] : [])),
  );
}

/** A source, and the views of it that its digest covers. */
export interface DigestedSource {
  source: SourceContract;
  views: readonly View[];
}

/** The digest of how the lines of a source are parsed and judged. */
export function sourceDigest(
  { source, views }: DigestedSource,
  digesting: Omit<Digesting, 'targetFileSize'>,
) {
  return digester(digesting)(bakedSource(source, views));
}

/** `sources`: each with those of its views that some step reads. */
export function contentDigests(
  sources: readonly DigestedSource[],
  tables: Iterable<DigestedTable>,
  { targetFileSize, ...digesting }: Digesting,
): Digests {
  const digest = digester(digesting);
  return {
    sources: Object.fromEntries(
      sources.map(({ source, views }) => [source.name, digest(bakedSource(source, views))]),
    ),
    tables: Object.fromEntries(
      [...tables].map(({ contract, query }) => [
        contract.name,
        digest(bakedTable(contract, withoutLines(contract)), contract.internal, query, targetFileSize),
      ]),
    ),
  };
}

function digester({ engine: { frame, modules }, sha256 }: Omit<Digesting, 'targetFileSize'>) {
  const engine = sha256(JSON.stringify([frame, Object.entries(modules).sort()]));
  return (...parts: unknown[]) => sha256(JSON.stringify([engine, ...parts]));
}
