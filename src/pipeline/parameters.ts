/** The values that parameters take: from dl.cfg by name, or their defaults. */
import type { Diagnostic } from '../faults.ts';
import type { Parameter } from './contract.ts';
import { mistake } from './template-file.ts';
import { didYouMean } from './yaml.ts';

/** By name, as `pipeline.yaml` spells it; `target_file_size`, in bytes, is a number. */
export type ParameterValues = Readonly<Record<string, string | number | readonly string[]>>;

/** Bytes of a data file that is full where nothing is said; commands always say it, from `[TABLES] target_file_size`. */
const DEFAULT_TARGET_FILE_SIZE = 128 * 2 ** 20;

const TARGET_FILE_SIZE = 'target_file_size';

/** Every parameter at its default. */
export function defaultsOf(parameters: readonly Parameter[]): ParameterValues {
  return {
    ...Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default])),
    [TARGET_FILE_SIZE]: DEFAULT_TARGET_FILE_SIZE,
  };
}

/** The given values over the defaults, and what is wrong with them. */
export function settleParameters(
  declared: readonly Parameter[],
  given: ParameterValues,
): { values: ParameterValues; diagnostics: Diagnostic[] } {
  const names = [...declared.map(({ name }) => name), TARGET_FILE_SIZE];
  const diagnostics = Object.entries(given).flatMap(([name, value]) => {
    if (name === TARGET_FILE_SIZE) return checkSize(value);
    const parameter = declared.find((one) => one.name === name);
    if (parameter === undefined)
      return [mistake(`parameter ${name}`, 'the pipeline has no such parameter', didYouMean(name, names))];
    return checkValue(parameter, value);
  });
  return { values: { ...defaultsOf(declared), ...given }, diagnostics };
}

function checkSize(value: ParameterValues[string]): Diagnostic[] {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
    ? []
    : [mistake(`parameter ${TARGET_FILE_SIZE}`, 'expected a whole number of bytes above 0')];
}

function checkValue({ name, kind, words }: Parameter, value: ParameterValues[string]): Diagnostic[] {
  const at = `parameter ${name}`;
  const expected = `expected ${kind === 'choice' ? 'one' : 'some'} of ${words.join(', ')}`;
  const given = kind === 'choice' ? (typeof value === 'string' ? [value] : undefined) : listOf(value);
  if (given === undefined || given.length === 0 || new Set(given).size < given.length)
    return [mistake(at, expected)];
  return given
    .filter((word) => !words.includes(word))
    .map((word) => mistake(at, `${JSON.stringify(word)}: ${expected}`, didYouMean(word, words)));
}

const listOf = (value: ParameterValues[string]): readonly string[] | undefined =>
  typeof value === 'object' ? value : undefined;
