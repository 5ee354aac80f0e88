/** sample.yaml, read and checked: how the sample data of a pipeline are generated. */
import type { Diagnostic } from '../faults.ts';
import { readGenerator, readText, WRONG_TEXT } from './read-generator.ts';
import type {
  GeneratedRows,
  Generator,
  Generators,
  GivenRows,
  SampleData,
  SampleFiles,
  Scalar,
} from './sample.ts';
import { sampleFile } from './sample-shape.ts';
import type { GeneratorFile, RowsFile, SampleFile } from './sample-shape.ts';
import { mistake } from './template-file.ts';
import type { TemplateFile } from './template-file.ts';
import { addMistake, inside, meaningOf, resolve, unknownRows } from './sample-names.ts';
import type { Meaning, Reading, Scope } from './sample-names.ts';
import { didYouMean, readYaml } from './yaml.ts';
import type { ValuePath } from './yaml.ts';

export const SAMPLE = 'sample.yaml';

/** `sample` is absent when there are mistakes. */
export function readSample(
  file: TemplateFile,
  sources: readonly string[],
): { sample?: SampleData; diagnostics: Diagnostic[] } {
  const read = readYaml({ ...file, firstLine: 1 }, sampleFile);
  if (read.value === undefined) return { diagnostics: read.diagnostics };
  const reading: Reading = { locate: read.locate, rows: new Map(), diagnostics: [] };
  const rows = Object.entries(read.value.rows).flatMap(([name, one]) => readRows(name, one, reading));
  const files = read.value.files.flatMap((one, index) => readFiles(one, ['files', index], sources, reading));
  const { diagnostics } = reading;
  return diagnostics.some(({ severity }) => severity === 'error')
    ? { diagnostics }
    : { sample: { seed: read.value.seed, rows, files }, diagnostics };
}

function readRows(name: string, file: RowsFile, reading: Reading): (GeneratedRows | GivenRows)[] {
  const at: ValuePath = ['rows', name];
  const names = new Map<string, Meaning>();
  const parent = file.for_each === undefined ? undefined : reading.rows.get(file.for_each);
  if (file.for_each !== undefined) {
    if (parent === undefined) unknownRows(file.for_each, [...at, 'for_each'], reading);
    names.set(file.for_each, parent === undefined ? 'broken' : { row: parent.names });
  }
  const { given, count, fields = {}, cases = [], hidden = {} } = file;
  if (given !== undefined) return [readGiven(name, given, file, reading)];
  const generators = readHidden(hidden, { at: [...at, 'hidden'], names, reading });
  const written = readFields(fields, cases, { at, names, reading });
  if (file.for_each !== undefined) names.delete(file.for_each);
  reading.rows.set(name, { names, fields: Object.keys(fields) });
  if (count === undefined || file.fields === undefined) {
    addMistake(reading, at, `${name} needs count and fields, or given`);
    return [];
  }
  const range = typeof count === 'number' ? { from: count, below: count + 1 } : count;
  return [
    {
      kind: 'generated',
      name,
      count: range,
      ...(file.for_each === undefined ? {} : { forEach: file.for_each }),
      hidden: generators,
      ...written,
    },
  ];
}

function readGiven(
  name: string,
  given: NonNullable<RowsFile['given']>,
  file: RowsFile,
  reading: Reading,
): GivenRows {
  const at: ValuePath = ['rows', name];
  const stray = Object.keys(file).find((key) => key !== 'given');
  if (stray !== undefined) addMistake(reading, [...at, stray], `${stray} cannot be combined with given`);
  const names = new Map<string, Meaning>(
    given.flatMap((row) => Object.keys(row).map((key) => [key, 'value'] as const)),
  );
  reading.rows.set(name, { names, fields: [...names.keys()] });
  for (const [index, row] of given.entries()) {
    const missing = [...names.keys()].filter((key) => !Object.hasOwn(row, key));
    if (missing.length > 0)
      addMistake(
        reading,
        [...at, 'given', index],
        `the row has no ${missing.join(', ')}, which another row has`,
        'write null',
      );
  }
  return { kind: 'given', name, rows: given };
}

function readHidden(hidden: Readonly<Record<string, GeneratorFile>>, scope: Scope): Generators {
  const { names, reading } = scope;
  const entries = Object.entries(hidden).flatMap(([name, file]) => {
    const place = inside(scope, name);
    if (names.has(name)) addMistake(reading, place.at, `${name} appears twice`);
    const read = readValue(file, place);
    names.set(name, read === undefined ? 'broken' : read.meaning);
    return read === undefined ? [] : [[name, read.generator] as const];
  });
  return Object.fromEntries(entries);
}

const newGenerators = (): Record<string, Generator> => ({});

type FieldFiles = Readonly<Record<string, GeneratorFile | Scalar>>;

/** The fields in their order, each with what the cases make of it: a field may use the hidden values and the fields before it. */
function readFields(
  fields: FieldFiles,
  cases: NonNullable<RowsFile['cases']>,
  scope: Scope,
): Pick<GeneratedRows, 'fields' | 'cases'> {
  const { at, names, reading } = scope;
  const base: Record<string, Generator> = {};
  const changed = cases.map((one) => ({ ...one, made: newGenerators() }));
  const known = Object.keys(fields);
  for (const [index, one] of cases.entries())
    for (const name of Object.keys(one.fields).filter((name) => !known.includes(name)))
      addMistake(
        reading,
        [...at, 'cases', index, 'fields', name],
        `fields has no ${name}`,
        didYouMean(name, known),
      );
  for (const [name, file] of Object.entries(fields)) {
    const place = inside(scope, 'fields', name);
    if (names.has(name)) addMistake(reading, place.at, `${name} appears twice`);
    const nested = known.find((other) => other.startsWith(`${name}.`));
    if (nested !== undefined)
      addMistake(reading, place.at, `${name} cannot be a value, because ${nested} is inside it`);
    const meanings: Meaning[] = [];
    const readInto = (into: Record<string, Generator>, value: GeneratorFile | Scalar, where: Scope) => {
      const read = readField(value, where);
      if (read !== undefined) into[name] = read.generator;
      meanings.push(read === undefined ? 'broken' : read.meaning);
    };
    readInto(base, file, place);
    for (const [index, one] of changed.entries()) {
      const value = one.fields[name];
      if (value !== undefined) readInto(one.made, value, inside(scope, 'cases', index, 'fields', name));
    }
    names.set(name, meanings.find((meaning) => meaning !== 'value') ?? 'value');
  }
  return { fields: base, cases: changed.map(({ weight, made }) => ({ weight, fields: made })) };
}

interface ReadValue {
  generator: Generator;
  meaning: Meaning;
}

function readField(file: GeneratorFile | Scalar, scope: Scope): ReadValue | undefined {
  if (file === null || typeof file !== 'object')
    return { generator: { kind: 'constant', value: file }, meaning: 'value' };
  const read = readValue(file, scope);
  if (read === undefined || read.meaning === 'value' || read.meaning === 'list') return read;
  addMistake(
    scope.reading,
    scope.at,
    read.meaning === 'time' ? 'a field says how its time is written' : 'a field is a value, not a row',
    read.meaning === 'time'
      ? 'make the time under hidden, then use { time: NAME, as: ... }'
      : 'put row_of under hidden',
  );
  return undefined;
}

function readValue(file: GeneratorFile, scope: Scope): ReadValue | undefined {
  const read = readGenerator(file);
  if ('message' in read) {
    addMistake(
      scope.reading,
      read.key === undefined ? scope.at : [...scope.at, read.key],
      read.message,
      read.hint,
    );
    return undefined;
  }
  const meaning = meaningOf(read.generator, scope);
  return meaning === undefined ? undefined : { generator: read.generator, meaning };
}

function readFiles(
  file: SampleFile['files'][number],
  at: ValuePath,
  sources: readonly string[],
  reading: Reading,
): SampleFiles[] {
  const rows = reading.rows.get(file.rows);
  if (rows === undefined) unknownRows(file.rows, [...at, 'rows'], reading);
  const path = readText(file.path);
  if (path === undefined) addMistake(reading, [...at, 'path'], WRONG_TEXT);
  else if (!/\.json(?:\.gz)?$/.test(file.path))
    addMistake(reading, [...at, 'path'], 'the path must end in .json or .json.gz: no other files are read');
  if (rows === undefined || path === undefined) return [];
  const { names, fields } = rows;
  for (const part of path)
    if (typeof part !== 'string') resolve(part.value, ['value'], { at: [...at, 'path'], names, reading });
  for (const [index, { with: changes }] of file.repeats.entries())
    for (const name of Object.keys(changes).filter((one) => !fields.includes(one)))
      addMistake(
        reading,
        [...at, 'repeats', index, 'with', name],
        `${file.rows} has no field ${name}`,
        didYouMean(name, fields),
      );
  if (sources.includes(file.source))
    return [{ source: file.source, rows: file.rows, path, repeats: file.repeats }];
  const unused = mistake(
    reading.locate([...at, 'source']),
    `the pipeline has no source ${file.source}, so these files are not generated`,
    didYouMean(file.source, sources),
  );
  reading.diagnostics.push({ ...unused, severity: 'warning' });
  return [];
}
