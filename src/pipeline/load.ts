/** Texts in, a checked pipeline out; every mistake in every file at once. */
import type { TableFile } from './table-file.ts';
import type { Diagnostic } from '../faults.ts';
import { checkGraph } from './check-graph.ts';
import { checkQueryReads } from './check-query-reads.ts';
import type { Readable } from './check-query-reads.ts';
import { checkRebuildQuery } from './check-rebuild-query.ts';
import { checkIsLookedUp } from './check-rebuild.ts';
import { checkSource } from './check-source.ts';
import { checkTable } from './check-table.ts';
import { checkViewNames } from './check-view-names.ts';
import type { Parameter, Pipeline, PipelineStep, TableTemplate } from './contract.ts';
import { alsoExplaining, explaining, rootCauses } from './consequences.ts';
import { splitFrontMatter } from './front-matter.ts';
import { defaultsOf } from './parameters.ts';
import { checkQuery, checkReading, renderMistake, renderQuery } from './query.ts';
import { readSample, SAMPLE } from './read-sample.ts';
import type { SampleData } from './sample.ts';
import { frontMatter, pipelineFile, sourceFile } from './shapes.ts';
import type { FrontMatter, PipelineFile } from './shapes.ts';
import { toParameters, toSource, toTable } from './resolve.ts';
import type { SourceText } from './source-text.ts';
import { mistake, normalized, PIPELINE, placeOf } from './template-file.ts';
import type { TemplateFile } from './template-file.ts';
import { didYouMean, readYaml } from './yaml.ts';
import type { Locate, YamlRead } from './yaml.ts';

const tablePath = (step: string, table: string) => `tables/${step}/${table}.sql.hbs`;

/** The result of loading: a pipeline only when no diagnostic is an error. */
export interface Loaded {
  pipeline?: Pipeline;
  diagnostics: Diagnostic[];
}

/** The files of one pipeline while it is loaded. */
interface Folder {
  files: ReadonlyMap<string, TemplateFile>;
  /** Paths that pipeline.yaml names: a misspelt name cannot mean one of these. */
  named: ReadonlySet<string>;
  diagnostics: Diagnostic[];
}

/** Loads the pipeline whose files these are. Never throws. */
export function loadPipeline(files: readonly TemplateFile[]): Loaded {
  const folder: Folder = {
    files: new Map(files.map((file) => [file.path, normalized(file)])),
    named: new Set(),
    diagnostics: [],
  };
  const main = folder.files.get(PIPELINE);
  if (main === undefined) return { diagnostics: [mistake(placeOf(PIPELINE), 'no such file')] };
  const read = readYaml({ ...main, firstLine: 1 }, pipelineFile);
  folder.diagnostics.push(...read.diagnostics);
  if (read.value === undefined) return { diagnostics: folder.diagnostics };
  folder.named = namedFiles(read.value);
  const pipeline = assemble(read.value, read.locate, folder);
  const failed = folder.diagnostics.some(({ severity }) => severity === 'error');
  return { ...(failed ? {} : { pipeline }), diagnostics: rootCauses(folder.diagnostics) };
}

function assemble(file: PipelineFile, locate: Locate, folder: Folder): Pipeline {
  const parameters = toParameters(file);
  const texts = readSources(file, locate, folder);
  const sources = texts.map(({ contract }) => contract);
  const tables = readTables(file, locate, folder);
  const readable = { sources, steps: file.steps };
  const inTables = tables.map((table) => {
    const contract = checkTable(table, { file, parameters, sources, tables });
    const query = checkQuery(table, defaultsOf(parameters));
    if (contract.length + query.length > 0) return { own: [...contract, ...query], unread: [] };
    return checkSql(table, parameters, readable);
  });
  folder.diagnostics.push(
    // First: that a source is not used may follow from a view that a step forgot to read.
    ...inTables.flatMap(({ unread }) => unread),
    ...checkViewNames(file, texts),
    ...checkGraph(file, locate, { sources, tables }),
    ...inTables.flatMap(({ own }) => own),
  );
  folder.diagnostics.push(...strayFiles(folder));
  // Which files a sample needs is known once all sources are.
  const sample = texts.length < file.sources.length ? undefined : readSampleData(file.sources, folder);
  return {
    name: file.name,
    parameters,
    sources,
    steps: file.steps.map((step) => toStep(step, tables, parameters)),
    ...(sample === undefined ? {} : { sample }),
  };
}

function readSampleData(sources: readonly string[], folder: Folder): SampleData | undefined {
  const text = folder.files.get(SAMPLE);
  if (text === undefined) return undefined;
  const { sample, diagnostics } = readSample(text, sources);
  folder.diagnostics.push(...diagnostics);
  return sample;
}

/** The SQL that a query is at the defaults of its parameters; what other values make of it is checked at rendering. */
function checkSql(
  table: TableFile,
  parameters: readonly Parameter[],
  readable: Readable,
): { own: Diagnostic[]; unread: Diagnostic[] } {
  const { contract } = toTable(table, parameters);
  try {
    const sql = renderQuery(table, contract, defaultsOf(parameters));
    const own = [...checkReading(table, sql), ...checkIsLookedUp(table, sql)];
    if (own.length > 0) return { own, unread: [] };
    return {
      own: checkRebuildQuery(table, sql, { contract, readable }),
      unread: checkQueryReads(table, sql, { step: table.step, readable }),
    };
  } catch (error) {
    return { own: [renderMistake(error, table)], unread: [] };
  }
}

function toStep(
  { name, doc, reads }: PipelineFile['steps'][number],
  tables: readonly TableFile[],
  parameters: readonly Parameter[],
): PipelineStep {
  const writes: TableTemplate[] = tables
    .filter(({ step }) => step === name)
    .map((table) => toTable(table, parameters));
  return { name, doc, reads, writes };
}

/** A source that cannot be read may have any view that is not found elsewhere. */
function readSources(file: PipelineFile, locate: Locate, folder: Folder): SourceText[] {
  const texts: SourceText[] = [];
  const unread: number[] = [];
  file.sources.forEach((name, index) => {
    const before = folder.diagnostics.length;
    const found = readSource(name, locate(['sources', index]), folder);
    texts.push(...found);
    if (found.length === 0)
      unread.push(...folder.diagnostics.map((_, at) => at).filter((at) => at >= before));
  });
  const known = [
    ...texts.flatMap(({ contract }) => contract.views.map((view) => view.name)),
    ...file.steps.flatMap(({ writes }) => writes),
  ];
  const missed = file.steps.flatMap(({ reads }) => reads).filter((name) => !known.includes(name));
  for (const at of unread) {
    const cause = folder.diagnostics[at];
    if (cause !== undefined) folder.diagnostics[at] = alsoExplaining(missed, cause);
  }
  return texts;
}

function readSource(name: string, at: string, folder: Folder): SourceText[] {
  const text = find(`sources/${name}.yaml`, at, folder);
  if (text === undefined) return [];
  const read = readYaml({ ...text, firstLine: 1 }, sourceFile);
  const says = (mistakes: readonly Diagnostic[], ...names: string[]) =>
    folder.diagnostics.push(...mistakes.map((one) => explaining([name, ...names], one)));
  says(read.diagnostics);
  if (read.value === undefined) return [];
  const own = read.value.name;
  if (own !== name)
    says([mistake(read.locate(['name']), `the file belongs to ${name}, but names ${own}`)], own);
  says(checkSource(read.value, read.locate), ...read.value.views.map((view) => view.name));
  return [{ contract: toSource({ ...read.value, name }), locate: read.locate }];
}

function readTables(file: PipelineFile, locate: Locate, folder: Folder): TableFile[] {
  return file.steps.flatMap((step, index) => {
    if (step.writes.length > 1 && hasNoFiles(step.name, folder)) {
      const hint = didYouMean(step.name, spareFolders(folder));
      const at = locate(['steps', index, 'name']);
      const message = `missing folder ${placeOf(`tables/${step.name}`)}`;
      folder.diagnostics.push(explaining(step.writes, mistake(at, message, onlyNear(hint))));
      return [];
    }
    return step.writes.flatMap((name, position) => {
      const text = find(tablePath(step.name, name), locate(['steps', index, 'writes', position]), folder);
      return text === undefined ? [] : readTable({ step: step.name, name }, text, folder);
    });
  });
}

const hasNoFiles = (step: string, { files }: Folder) =>
  ![...files.keys()].some((path) => path.startsWith(`tables/${step}/`));

/** Folders with queries that no step names. */
function spareFolders({ files, named }: Folder): string[] {
  const paths = [...files.keys()].filter((path) => path.endsWith('.sql.hbs') && !named.has(path));
  return [...new Set(paths.map((path) => path.split('/').slice(1, 2).join('')))];
}

function readTable(
  { step, name }: { step: string; name: string },
  file: TemplateFile,
  folder: Folder,
): TableFile[] {
  const parts = splitFrontMatter(file);
  if ('message' in parts) {
    folder.diagnostics.push(explaining([name], parts));
    return [];
  }
  const read: YamlRead<FrontMatter> = readYaml(
    { path: file.path, text: parts.front, firstLine: 2 },
    frontMatter,
  );
  folder.diagnostics.push(...read.diagnostics.map((one) => explaining([name], one)));
  if (read.value === undefined) return [];
  const { query, firstLine } = parts;
  const { value: front, locate, lineOf } = read;
  return [{ step, name, path: file.path, front, locate, lineOf, query, firstLine }];
}

function find(path: string, at: string, folder: Folder): TemplateFile | undefined {
  const file = folder.files.get(path);
  if (file === undefined) {
    const spare = [...folder.files.keys()].filter((other) => other !== PIPELINE && !folder.named.has(other));
    const hint = onlyNear(didYouMean(path, spare));
    const meant = hint === undefined ? [] : [nameIn(hint.slice('did you mean '.length, -1))];
    folder.diagnostics.push(
      explaining([nameIn(path), ...meant], mistake(at, `missing file ${placeOf(path)}`, hint)),
    );
  }
  return file;
}

/** The source or table that a file is named after. */
const nameIn = (path: string) => path.split('/').slice(-1).join('').split('.', 1).join('');

/** Keeps only a near match: a list of all files would not help. */
const onlyNear = (hint: string | undefined) => (hint?.startsWith('did') === true ? hint : undefined);

function namedFiles(file: PipelineFile): Set<string> {
  return new Set([
    ...file.sources.map((name) => `sources/${name}.yaml`),
    ...file.steps.flatMap((step) => step.writes.map((table) => tablePath(step.name, table))),
  ]);
}

/**
 * Files that look like part of the pipeline and that nothing names: more often a forgotten line than a spare file.
 */
function strayFiles(folder: Folder): Diagnostic[] {
  return [...folder.files.keys()]
    .filter((path) => /^sources\/.*\.yaml$|\.sql\.hbs$/.test(path) && !folder.named.has(path))
    .map((path) => ({
      severity: 'warning',
      at: placeOf(path),
      message: `no line of ${PIPELINE} names this file, so it is not used`,
    }));
}
