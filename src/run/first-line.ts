/** What the first line of a source shows about all of it, before anything is started. Pure. */
import type { Diagnostic } from '../faults.ts';
import { nearest } from '../nearest.ts';
import type { SourceContract } from '../pipeline/contract.ts';
import { place } from '../shell-words.ts';

/** The beginning of a source's first object that is not empty. */
export interface Beginning {
  source: string;
  /** The object's URI. */
  uri: string;
  text: string;
  /** The bytes that the text takes in the object, where it may be compressed. */
  stored: number;
  /** Whether `text` is the whole object. */
  isWhole: boolean;
  /** Whether it is the source's only object. */
  isAlone: boolean;
  /** Of an object whose name ends in `.gz`: it is not gzip, or its gzip is damaged or truncated. */
  broken?: 'no gzip' | 'cut';
  /** True for gzip content under a name without `.gz`. */
  isPacked?: true;
}

/** Inputs that are swapped or have another shape: errors where the run could only fail, otherwise warnings. */
export function checkBeginnings(
  beginnings: readonly Beginning[],
  sources: readonly SourceContract[],
): Diagnostic[] {
  return beginnings.flatMap((beginning) => {
    const source = sources.find(({ name }) => name === beginning.source);
    return source === undefined ? [] : checkBeginning(beginning, source, sources);
  });
}

function checkBeginning(
  beginning: Beginning,
  source: SourceContract,
  sources: readonly SourceContract[],
): Diagnostic[] {
  const { source: name, uri, text, isWhole, isAlone } = beginning;
  const packing = checkPacking(beginning);
  if (packing !== undefined) return [packing];
  const content = text.replace(/^\uFEFF/, '').trimStart();
  const end = content.search(/[\r\n]/);
  const line = end < 0 ? content : content.slice(0, end);
  const at = place(uri);
  if (line.startsWith('['))
    return [
      {
        severity: isAlone ? 'error' : 'warning',
        at,
        message: `this is a JSON array; Landfall reads one object per line`,
        hint: `jq -c '.[]' writes its objects that way`,
      },
    ];
  if (end < 0 && !isWhole) return [];
  const keys = keysOf(line);
  if (keys === undefined) return checkPretty(line, { at, isAlone });
  const required = requiredOf(source);
  if (keys.size === 0 || required.length === 0 || required.some((field) => keys.has(field))) return [];
  const [other] = sources.flatMap((one) => {
    const has = one.name === name ? undefined : looksLike(keys, one);
    return has === undefined ? [] : [{ name: one.name, has }];
  });
  if (other !== undefined)
    return [
      {
        severity: 'error',
        at,
        message: `this looks like ${other.name}, not ${name}: its first line has ${other.has.join(', ')}, and none of ${required.join(', ')}`,
        hint: `are ${flagOf(name)} and ${flagOf(other.name)} swapped?`,
      },
    ];
  const near = required.flatMap((field) => {
    const key = nearest(field, keys);
    return key === undefined ? [] : [`${key} for ${field}`];
  });
  const meant = near.length === 0 ? '' : ` (perhaps ${near.join(', ')})`;
  return [
    {
      severity: 'warning',
      at,
      message: `its first line has none of the fields that ${name} requires: ${required.join(', ')}${meant}`,
    },
  ];
}

/** The name of an object decides whether it is unpacked. */
function checkPacking({ uri, isAlone, broken, isPacked }: Beginning): Diagnostic | undefined {
  const at = place(uri);
  if (broken === 'no gzip')
    return {
      severity: 'error',
      at,
      message: 'its name ends in .gz, but it is not gzip',
      hint: 'compress it, or rename it to end in .json',
    };
  if (broken === 'cut')
    return {
      severity: 'error',
      at,
      message: 'its gzip is damaged or truncated',
      hint: 'copy it here again',
    };
  if (isPacked === true)
    return {
      severity: isAlone ? 'error' : 'warning',
      at,
      message: 'it is gzip, but its name does not end in .gz',
      hint: 'rename it to end in .json.gz, or unpack it',
    };
  return undefined;
}

/** An object whose first line does not end it, as pretty-printers write it. */
function checkPretty(line: string, { at, isAlone }: { at: string; isAlone: boolean }): Diagnostic[] {
  if (!/^\{(.*[,{[])?\s*$/.test(line)) return [];
  return [
    {
      severity: isAlone ? 'error' : 'warning',
      at,
      message: 'its first object spans several lines; Landfall reads one object per line',
      hint: 'jq -c . writes its objects that way',
    },
  ];
}

function keysOf(line: string): Set<string> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? new Set(Object.keys(value)) : undefined;
  } catch {
    return undefined;
  }
}

/** A line without any of these keys is rejected by every view. */
function requiredOf({ fields, views }: SourceContract): string[] {
  if (views.some(({ required }) => required.length === 0)) return [];
  return [...new Set(views.flatMap(({ required }) => keysOfFields(fields, required)))];
}

/** The outermost keys on the paths of the fields that have these names. */
function keysOfFields(fields: SourceContract['fields'], names: readonly string[]): string[] {
  const paths = names.flatMap((name) => fields.filter((field) => field.name === name));
  return [...new Set(paths.flatMap(({ path }) => path.slice(0, 1)))];
}

/** The keys that a view of the source requires, where the line has them all. */
function looksLike(
  keys: ReadonlySet<string>,
  { fields, views }: SourceContract,
): readonly string[] | undefined {
  return views
    .map(({ required }) => keysOfFields(fields, required))
    .find((names) => names.length > 0 && names.every((name) => keys.has(name)));
}

const flagOf = (source: string) => `--${source.replaceAll('_', '-')}`;
