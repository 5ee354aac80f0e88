/**
 * Checks flags, as they were typed, against their declarations. Anything that yargs would have to guess is a
 * mistake. Pure.
 */
import type { Options } from 'yargs';

/**
 * The first mistake in these words, naming its flag; undefined when there is none. Flags that `options` does not
 * declare are skipped; with `sources` they count as flags of sources.
 */
export function flagMistake(
  argv: readonly string[],
  options: Readonly<Record<string, Options>>,
  sources: boolean,
): string | undefined {
  const given = new Set<string>();
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  for (const [at, word] of words.entries()) {
    const typed = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word);
    if (typed === null || /^-\d/.test(word) || (!word.startsWith('--') && word.length !== 2)) continue;
    const [, written = '', joined] = typed;
    const name = options[written] === undefined ? nameOf(written, options) : written;
    const option = options[name];
    const what = word.startsWith('--') ? `--${written}` : `-${written}`;
    if (option === undefined && (!sources || word === '-h' || ['help', 'version'].includes(written)))
      continue;
    const mistake =
      negated(written, options) ??
      (given.has(name) && option?.array !== true ? 'is given twice' : undefined) ??
      valueMistake(option ?? { type: 'string' }, joined, words[at + 1]);
    if (mistake !== undefined) return `${what} ${mistake}`;
    given.add(name);
  }
  return undefined;
}

/** The flag that a short or a negated one stands for. */
function nameOf(written: string, options: Readonly<Record<string, Options>>): string {
  const bare = written.replace(/^no-/, '');
  if (bare !== written && options[bare] !== undefined) return bare;
  return Object.keys(options).find((name) => [options[name]?.alias].flat().includes(written)) ?? written;
}

/** `--no-lake` does not mean a run without a lake. */
function negated(written: string, options: Readonly<Record<string, Options>>): string | undefined {
  const bare = written.replace(/^no-/, '');
  const option = options[written] === undefined && bare !== written ? options[bare] : undefined;
  return option === undefined || option.type === 'boolean'
    ? undefined
    : `is not a flag; --${bare} takes a value`;
}

function valueMistake(
  option: Options,
  joined: string | undefined,
  next: string | undefined,
): string | undefined {
  if (option.type === 'boolean') return joined === undefined ? undefined : 'takes no value';
  const isNumber = option.type === 'number';
  const following =
    next === undefined || (next.startsWith('-') && !(isNumber && /^-\d/.test(next))) ? undefined : next;
  const value = joined ?? following;
  if (value === undefined) return 'needs a value';
  if (value === '') return 'has an empty value';
  return isNumber && !/^\d+(?:\.\d+)?$/.test(value)
    ? `is ${JSON.stringify(value)}, and must be a number`
    : undefined;
}
