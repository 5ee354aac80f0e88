/** The smallest pipeline that has everything, and functions that break it. */
import { formatDiagnostic } from '../../src/faults.ts';
import type { Engine } from '../../src/pipeline/contract.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import type { TemplateFile } from '../../src/pipeline/template-file.ts';

export const TINY: Record<string, string> = {
  'pipeline.yaml': `name: tiny
parameters:
  shape: { doc: Type of id., one_of: [number, text], default: number }
  layout: { doc: Folders of cats., list_of: [year, kind], default: [year] }
sources: [raw]
steps:
  - name: first
    doc: Makes cats.
    reads: [felines]
    writes: [cats]
  - name: second
    doc: Counts cats.
    reads: [felines, cats]
    writes: [counts]
`,
  'sources/raw.yaml': `name: raw
doc: Raw cats.
fields:
  - { name: id, type: BIGINT, min: 0, below: 10, doc: Number. }
  - { name: kind, type: STRING, doc: Kind. }
  - { name: year, type: INT, default: 0, doc: Year. }
views:
  - name: felines
    doc: Cats.
    keep: { field: kind, equals: cat }
    required: [id]
    event_key: [id]
`,
  'tables/first/cats.sql.hbs': `---
doc: Cats.
key: [id]
partition_by: { parameter: layout }
columns:
  - { name: id, type: { parameter: shape, number: BIGINT, text: STRING }, nullable: false, doc: Number. }
  - { name: kind, type: STRING, nullable: false, doc: Kind. }
  - { name: year, type: INT, nullable: false, doc: Year. }
resolves: { view: felines, by: [id], comparing: [kind] }
---
SELECT
{{#if (eq shape "text")}}
  CAST(id AS STRING) AS id,
{{else}}
  id,
{{/if}}
  kind,
  year
FROM felines
`,
  'tables/second/counts.sql.hbs': `---
doc: Cats a kind.
key: [kind]
internal: true
may_be_empty: true
columns:
  - { name: kind, type: STRING, nullable: false, doc: Kind. }
  - { name: cats, type: BIGINT, nullable: false, doc: How many. }
checks:
  - { check: references, column: kind, table: cats, to: kind }
  - { check: range, column: cats, min: 1, severity: warn }
---
SELECT kind, count(*) AS cats FROM cats GROUP BY kind
`,
};

export const TINY_ENGINE: Engine = {
  frame: `STEP = {{python step}}
SOURCES = {{python sources}}
UPSTREAMS = {{python upstreams}}
TABLES = {{python tables}}
COLUMN_LINES = {{python column_lines}}
QUERIES = {  # by table{{#each queries}}
    {{python table}}: ({{python template}}, {{python first_line}}, {{text query}}),{{/each}}
}
{{#each sections}}
# Section {{raw path}}, from line {{raw firstLine}}
{{raw text}}
{{/each}}
`,
  modules: { run: 'print("{{not a template}}")\n' },
};

/** The files, with texts replaced: from, to, or a whole text. */
export function tiny(
  changes: Record<string, readonly [string, string] | string | undefined> = {},
): TemplateFile[] {
  return Object.entries({ ...TINY, ...pick(changes) })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([path, text]) => ({ path, text }));
}

function pick(changes: Parameters<typeof tiny>[0] = {}): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(changes).map(([path, change]) => {
      if (typeof change !== 'object') return [path, change];
      const [from, to] = change;
      const text = TINY[path] ?? '';
      if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
      return [path, text.replace(from, () => to)];
    }),
  );
}

/** The mistakes of the broken pipeline, as users see them. */
export function mistakes(changes: Parameters<typeof tiny>[0]): string[] {
  const { pipeline, diagnostics } = loadPipeline(tiny(changes));
  if (diagnostics.some(({ severity }) => severity === 'error') !== (pipeline === undefined))
    throw new Error('a pipeline comes with mistakes, or neither does');
  return diagnostics.map(formatDiagnostic);
}
