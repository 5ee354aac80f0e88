/** Mistakes between steps: which step writes what, which reads it, and in which order. */
import { stepNamed } from './shapes.ts';
import type { Diagnostic } from '../faults.ts';
import type { SourceContract } from './contract.ts';
import type { TableFile } from './table-file.ts';
import type { PipelineFile } from './shapes.ts';
import { nearest } from '../nearest.ts';
import { lacking } from './consequences.ts';
import { repeated } from './repeated.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';
import type { Locate } from './yaml.ts';

export function checkGraph(
  file: PipelineFile,
  locate: Locate,
  read: { sources: readonly SourceContract[]; tables: readonly TableFile[] },
): Diagnostic[] {
  return [
    ...checkNames(file, locate),
    ...file.steps.flatMap((_, index) => checkReads(file, index, { locate, sources: read.sources })),
    ...unusedSources(file, locate, read.sources),
    ...checkParameters(file, locate),
    ...unusedParameters(file, locate, read.tables),
  ];
}

/** Mistakes that pipeline.yaml alone shows. */
export function checkPipelineFile(file: PipelineFile, locate: Locate): Diagnostic[] {
  return [...checkNames(file, locate), ...checkParameters(file, locate)];
}

function checkNames(file: PipelineFile, locate: Locate): Diagnostic[] {
  const names = file.steps.map(({ name }) => name);
  const writers = new Map<string, string>();
  return [
    ...repeated(file.sources).map(({ index }) =>
      mistake(locate(['sources', index]), 'the source is listed twice'),
    ),
    ...repeated(names).map(({ name, index }) =>
      mistake(locate(['steps', index, 'name']), `two steps are named ${name}`),
    ),
    ...names.flatMap((name, index) =>
      FOLDERS.includes(name)
        ? [
            mistake(
              locate(['steps', index, 'name']),
              `${name} is the name of a folder that holds something else`,
            ),
          ]
        : [],
    ),
    ...file.steps.flatMap((step, index) =>
      step.writes.flatMap((table, position) => {
        const at = locate(['steps', index, 'writes', position]);
        const writer = writers.get(table);
        writers.set(table, step.name);
        if (writer !== undefined)
          return [mistake(at, `${table} is written twice: ${writer} writes it already`)];
        return file.sources.includes(table) ? [mistake(at, `${table} is the name of a source`)] : [];
      }),
    ),
  ];
}

/** Folders of the templates that are not a step's. */
const FOLDERS = ['sources', 'step'];

function checkReads(
  file: PipelineFile,
  index: number,
  { locate, sources }: { locate: Locate; sources: readonly SourceContract[] },
): Diagnostic[] {
  const step = file.steps[index];
  if (step === undefined) return [];
  const views = sources.flatMap((source) => source.views.map(({ name }) => name));
  const known = [...views, ...file.steps.flatMap(({ writes }) => writes)];
  return step.reads.flatMap((name, position) => {
    const at = locate(['steps', index, 'reads', position]);
    if (step.reads.indexOf(name) < position) return [mistake(at, `${name} is listed twice`)];
    if (views.includes(name)) return [];
    const source = sources.find((one) => one.name === name);
    if (source !== undefined) {
      const own = source.views.map((view) => view.name);
      const hint = `read one of its views: ${own.join(', ')}`;
      return [
        lacking([name], mistake(at, `${name} is a source, and steps read views`, hint), [name, ...own]),
      ];
    }
    const writer = file.steps.findIndex(({ writes }) => writes.includes(name));
    const other = file.steps[writer];
    if (other === undefined) {
      const wrong = mistake(at, `unknown name ${name}`, didYouMean(name, known));
      return [lacking([name], wrong, [name, ...[nearest(name, known) ?? []].flat()])];
    }
    if (writer < index) return [];
    if (writer === index) return [mistake(at, `${step.name} reads ${name}, which it writes itself`)];
    const loop = pathBetween(file, step.name, other.name);
    return loop === undefined
      ? [
          mistake(
            at,
            `${name} is written by ${other.name}, which comes later`,
            `put ${other.name} before ${step.name}`,
          ),
        ]
      : [mistake(at, `steps wait for each other: ${[step.name, ...loop].join(' reads from ')}`)];
  });
}

/** How `from`, reading from `to`, is itself read by it: the steps of the loop after `from`; undefined without a loop. */
function pathBetween(
  file: PipelineFile,
  from: string,
  to: string,
  seen: readonly string[] = [],
): string[] | undefined {
  if (to === from) return [to];
  if (seen.includes(to)) return undefined;
  for (const upstream of upstreamsOf(file, to)) {
    const rest = pathBetween(file, from, upstream, [...seen, to]);
    if (rest !== undefined) return [to, ...rest];
  }
  return undefined;
}

function upstreamsOf(file: PipelineFile, name: string): string[] {
  const { reads } = stepNamed(file, name);
  return file.steps
    .filter(({ writes }) => writes.some((table) => reads.includes(table)))
    .map((step) => step.name);
}

function unusedSources(file: PipelineFile, locate: Locate, sources: readonly SourceContract[]): Diagnostic[] {
  return sources.flatMap(({ name, views }) => {
    const names = views.map((view) => view.name);
    if (file.steps.some(({ reads }) => [name, ...names].some((one) => reads.includes(one)))) return [];
    const at = locate(['sources', file.sources.indexOf(name)]);
    const hint = `remove it, or name one of its views under reads: ${names.join(', ')}`;
    return [lacking(names, mistake(at, `no step reads a view of ${name}`, hint))];
  });
}

function checkParameters(file: PipelineFile, locate: Locate): Diagnostic[] {
  return Object.entries(file.parameters).flatMap(([name, parameter]) => {
    const at = locate(['parameters', name]);
    const words = 'one_of' in parameter ? parameter.one_of : parameter.list_of;
    const defaults = [parameter.default].flat();
    return [
      ...defaults
        .filter((word) => !words.includes(word))
        .map((word) => mistake(at, `the default ${word} is not one of ${words.join(', ')}`)),
      ...(name === 'target_file_size'
        ? [mistake(at, 'target_file_size is known to every pipeline already')]
        : []),
    ];
  });
}

function unusedParameters(file: PipelineFile, locate: Locate, tables: readonly TableFile[]): Diagnostic[] {
  const areAllRead = tables.length === file.steps.flatMap(({ writes }) => writes).length;
  if (!areAllRead) return [];
  return Object.keys(file.parameters)
    .filter((name) => !tables.some((table) => uses(table, name)))
    .map((name) => mistake(locate(['parameters', name]), `no table uses the parameter ${name}`));
}

function uses({ query, front }: TableFile, name: string): boolean {
  const byPartition = !Array.isArray(front.partition_by) && front.partition_by.parameter === name;
  const byType = front.columns.some(({ type }) => typeof type !== 'string' && type.parameter === name);
  return byPartition || byType || query.includes(name);
}
