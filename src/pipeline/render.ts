/** A checked pipeline and the values of its parameters in, self-contained PySpark programs out. */
import Handlebars from 'handlebars';
import { present } from '../present.ts';
import { formatDiagnostic } from '../faults.ts';
import type { Diagnostic } from '../faults.ts';
import type {
  Digests,
  Engine,
  Pipeline,
  PipelineStep,
  RenderedStep,
  SourceContract,
  TableContract,
  TableDependencies,
  TableTemplate,
  View,
} from './contract.ts';
import { settleParameters } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import { checkQueryReads } from './check-query-reads.ts';
import type { Readable } from './check-query-reads.ts';
import { checkRebuildQuery } from './check-rebuild-query.ts';
import { bakedSource, bakedTable, bakedUpstream } from './bake.ts';
import { contentDigests, digester } from './digests.ts';
import type { Digest } from './digests.ts';
import { dependenciesOf } from './dependencies.ts';
import { inlinePackage } from './inline-python.ts';
import { pythonLiteral, pythonText } from './python-text.ts';
import { RENDERING, checkReading, renderMistake, renderQuery } from './query.ts';
import { contractWith } from './resolve.ts';
import { checkTemplate } from './strict.ts';
import type { Rules } from './strict.ts';

/** The result of rendering: no steps and no digests when a diagnostic is an error. */
export interface Rendered {
  steps: RenderedStep[];
  digests: Digests;
  diagnostics: Diagnostic[];
}

/** The name of the engine's package. */
const ENGINE = 'engine';

/** A table of a step with its parameters filled in. */
interface RenderedTable {
  contract: TableContract;
  path: string;
  firstLine: number;
  columnLines: Readonly<Record<string, number>>;
  conditionLines: Readonly<Record<string, number>>;
  query: string;
  dependencies: TableDependencies;
}

const HELPERS: Rules['helpers'] = {
  python: { arity: [1, 1] },
  text: { arity: [1, 1] },
  raw: { arity: [1, 1] },
};

/**
 * Renders every step. `parameters` are named as `pipeline.yaml` names them, and `target_file_size` in bytes; what is not
 * given takes its default. `sha256` answers the hex digest of a text.
 */
export function renderSteps(
  { pipeline, engine }: { pipeline: Pipeline; engine: Engine },
  parameters: ParameterValues,
  sha256: (text: string) => string,
): Rendered {
  const { values, diagnostics } = settleParameters(pipeline.parameters, parameters);
  if (diagnostics.length > 0) return { ...NOTHING, diagnostics };
  const tables = new Map<string, RenderedTable>();
  const readable = readableOf(pipeline);
  for (const [step, template] of pipeline.steps.flatMap((one) =>
    one.writes.map((table) => [one, table] as const),
  )) {
    const contract = contractWith(template, values);
    try {
      const query = renderQuery(template, contract, values);
      const reading = checkReading(template, query);
      diagnostics.push(...reading);
      if (reading.length === 0)
        diagnostics.push(
          ...checkQueryReads(template, query, { step: step.name, readable }),
          ...checkRebuildQuery(template, query, { contract, readable }),
        );
      const { path, firstLine, columnLines, conditionLines } = template;
      const dependencies = dependenciesOf({ contract, query }, step.reads);
      const rendered = { contract, path, firstLine, columnLines, conditionLines, query, dependencies };
      tables.set(contract.name, rendered);
    } catch (error) {
      diagnostics.push(renderMistake(error, template));
    }
  }
  if (diagnostics.length > 0) return { ...NOTHING, diagnostics };
  const digest = digester(engine, sha256);
  const steps = pipeline.steps.map((step) => {
    const program = renderProgram(engine, dataOf(pipeline, step, { tables, values, digest }));
    return describe(pipeline, step, { tables, program, digest: sha256(program) });
  });
  const sources = pipeline.sources.map((source) => ({ source, views: viewsRead(pipeline, source) }));
  const targetFileSize = Number(values['target_file_size']);
  const digests = contentDigests(
    sources.filter(({ views }) => views.length > 0),
    tables.values(),
    { digest, targetFileSize },
  );
  return { steps, digests, diagnostics };
}

const NOTHING = { steps: [], digests: { sources: {}, tables: {} } };

function readableOf({ sources, steps }: Pipeline): Readable {
  const named = steps.map((step) => ({
    ...step,
    writes: step.writes.map(({ contract }) => contract.name),
  }));
  return { sources, steps: named };
}

function describe(
  pipeline: Pipeline,
  step: PipelineStep,
  {
    tables,
    program,
    digest,
  }: { tables: ReadonlyMap<string, RenderedTable>; program: string; digest: string },
): RenderedStep {
  return {
    name: step.name,
    program,
    digest,
    sources: sourcesOf(pipeline, step).map((source) => ({
      name: source.name,
      views: viewsOf(source, step).map(({ name }) => name),
    })),
    upstreams: upstreamsOf(pipeline, step).map(({ name }) => name),
    tables: step.writes.map((table) => renderedOf(table, tables).contract),
    dependencies: Object.fromEntries(
      step.writes.map((table) => [table.contract.name, renderedOf(table, tables).dependencies]),
    ),
  };
}

function renderedOf({ contract: { name } }: TableTemplate, tables: ReadonlyMap<string, RenderedTable>) {
  return present(tables.get(name), `rendered table ${name}`);
}

/** What the program's template sees; keys are as the Python program spells them. */
function dataOf(
  pipeline: Pipeline,
  step: PipelineStep,
  {
    tables,
    values,
    digest,
  }: { tables: ReadonlyMap<string, RenderedTable>; values: ParameterValues; digest: Digest },
) {
  const written = step.writes.map((table) => renderedOf(table, tables));
  const upstreams = upstreamsOf(pipeline, step).map((upstream) => {
    const read = upstream.writes.filter(({ contract }) => step.reads.includes(contract.name));
    return [upstream.name, read.map((table) => bakedUpstream(renderedOf(table, tables).contract))];
  });
  return {
    step: step.name,
    doc: step.doc,
    target_file_size: values['target_file_size'],
    sources: sourcesOf(pipeline, step).map((source) => {
      const baked = bakedSource(source, viewsOf(source, step));
      return { ...baked, digest: digest(baked) };
    }),
    upstreams: Object.fromEntries(upstreams) as Record<string, unknown>,
    tables: written.map(({ contract, conditionLines, dependencies }) => ({
      ...bakedTable(contract, conditionLines),
      reads: dependencies.query,
    })),
    column_lines: Object.fromEntries(
      written.map(({ contract, columnLines }) => [contract.name, columnLines]),
    ),
    queries: written.map(({ contract, path, firstLine, query }) => ({
      table: contract.name,
      template: path,
      first_line: firstLine,
      query,
    })),
  };
}

/** Throws when the engine's own frame is wrong: no pipeline can cause that. */
function renderProgram({ frame, modules }: Engine, data: object): string {
  const program = Handlebars.parse(frame, RENDERING);
  const values = { ...data, ...inlinePackage(ENGINE, modules) };
  const [wrong] = checkTemplate(program, values, {
    helpers: HELPERS,
    at: (line) => `engine, line ${String(line)}`,
  });
  if (wrong !== undefined) throw new Error(formatDiagnostic(wrong));
  const handlebars = Handlebars.create();
  handlebars.registerHelper({
    python: (value: Parameters<typeof pythonLiteral>[0]) => pythonLiteral(value),
    text: (value: string) => pythonText(value),
    raw: (text: string | number) => String(text),
  });
  return handlebars.compile(program, RENDERING)(values);
}

/** The sources of which the step reads a view. */
function sourcesOf(pipeline: Pipeline, step: PipelineStep): SourceContract[] {
  return pipeline.sources.filter((source) => viewsOf(source, step).length > 0);
}

function viewsOf({ views }: SourceContract, { reads }: PipelineStep): View[] {
  return views.filter(({ name }) => reads.includes(name));
}

/** The views that some step reads. */
function viewsRead({ steps }: Pipeline, { views }: SourceContract): View[] {
  return views.filter(({ name }) => steps.some(({ reads }) => reads.includes(name)));
}

/** The steps that write what this one reads, in the pipeline's order. */
function upstreamsOf(pipeline: Pipeline, step: PipelineStep): PipelineStep[] {
  return pipeline.steps.filter(({ writes }) =>
    writes.some(({ contract }) => step.reads.includes(contract.name)),
  );
}
