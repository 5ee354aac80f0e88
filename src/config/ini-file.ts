/** Reads dl.cfg: each value with its line, by the rules of Python's configparser, minus its surprises. */
import type { Diagnostic } from '../faults.ts';
import { groupsOf } from '../groups.ts';
import { parseLines } from './configparser.ts';
import type { Pair, ParsedLines } from './configparser.ts';
import { cleanValue } from './ini-value.ts';
import { interpolate } from './interpolate.ts';
import { looksSecret } from './secret.ts';

export interface Entry {
  line: number;
  /** As written; empty before the first section header. */
  section: string;
  /** As written. */
  key: string;
  /** Without quotes and comment; empty when nothing was given. */
  value: string;
  /** `dl.cfg:14 [EMR]` */
  place: string;
  /** `dl.cfg:14 [EMR] core_count`; never with a value in it, nor with a key that may be one. */
  at: string;
  /** The key or its section has to do with credentials: the value is never quoted. */
  confidential: boolean;
  /** From `[DEFAULT]`: a key of the section itself overrides it. */
  inherited: boolean;
  /** Another value names it by `%(name)s`. */
  named: boolean;
  /** The line in which the value goes on, when it has several. */
  continuedIn?: number;
  /** Why there is no value. */
  problem?: string;
  /** What the author may have meant instead. */
  doubt?: string;
}

export interface IniFile {
  entries: Entry[];
  diagnostics: Diagnostic[];
  /** Every text that may be a secret, for redaction. */
  secrets: string[];
}

const CREDENTIAL = /secret|token|passw|pwd|credential|access_?key|^key$|^(aws|api)_?key/;
const PLAIN = /^[A-Za-z_][\w.-]{0,40}$/;
const PLAIN_SECTION = /^[A-Za-z_][\w .-]{0,40}$/;
/** A larger file is not configuration. Each limit bounds the cost of one mistake. */
const MOST = { sections: 100, keys: 1000, strayLines: 20, strayLinesOfAFile: 200 };
/** The message about a line that may be a key without its `=`. */
export const NO_PAIR = 'not a `key = value` line';
/** The section whose keys all others inherit; unlike other names, Python reads it exactly. */
const INHERITED = 'DEFAULT';

/** Folds a section's or a key's name: case, `-`, `_` and blanks do not matter. */
export function foldName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[-\s]+/g, '_');
}

/** Whether a key with this name holds a credential, even when misspelt. */
export function isCredentialKey(key: string): boolean {
  return CREDENTIAL.test(foldName(key));
}

/** Reads a file's text. `file` is its name for messages. Never throws; mistakes come back as diagnostics. */
export function readIni(file: string, text: string): IniFile {
  const lines = parseLines(text);
  const parsed = { ...lines, pairs: lines.pairs.map(withoutExport) };
  const tooMany = excess(parsed);
  if (tooMany !== undefined)
    return { entries: [], diagnostics: [{ severity: 'error', at: file, message: tooMany }], secrets: [] };
  const repeated = findRepeated(file, parsed);
  const pairs = parsed.pairs.filter((pair) => !repeated.pairs.has(pair));
  const { entries, secrets } = readPairs(file, { ...parsed, pairs });
  const words = parsed.stray
    .filter(({ header }) => !header)
    .flatMap(({ text }) => [text, ...text.split(/\s+/)]);
  return {
    entries,
    diagnostics: [...strayLines(file, parsed), ...repeated.diagnostics],
    secrets: [...secrets, ...words],
  };
}

/** `export NAME=value;` is a line of a shell: the key is the name, and the `;` ends the value. */
function withoutExport(pair: Pair): Pair {
  const key = /^export\s+([A-Za-z_]\w*)$/.exec(pair.key)?.[1];
  if (key === undefined) return pair;
  return { ...pair, key, parts: pair.parts.map((part) => ({ ...part, text: part.text.replace(/;$/, '') })) };
}

/** Why a text like this is not a configuration file at all. */
function excess({ pairs, headers, stray }: ParsedLines): string | undefined {
  if (pairs.length > MOST.keys || headers.length > MOST.sections)
    return `has more than ${MOST.keys} keys or ${MOST.sections} sections, too many for a configuration file`;
  return stray.length > MOST.strayLinesOfAFile
    ? `is not a configuration file: ${stray.length} lines are not \`key = value\``
    : undefined;
}

/** `dl.cfg:14 [EMR]`, without a section name that may be a secret. */
function placeOf(file: string, { line, section }: { line: number; section: string }): string {
  const shown = PLAIN_SECTION.test(section) && !looksSecret(section) ? section : '...';
  return `${file}:${line}${section === '' ? '' : ` [${shown}]`}`;
}

/** A key up to its first blank: the rest may be a value that lacks its `=`. */
export const firstWord = (key: string) => key.split(/\s/, 1).join('');

/** Shows only a key's first word: the rest may be a value that lacks its `=`. */
export function shownKey(key: string): string | undefined {
  const word = firstWord(key);
  return PLAIN.test(word) && !looksSecret(word) ? word : undefined;
}

function strayLines(file: string, { stray }: ParsedLines): Diagnostic[] {
  const shown = stray.slice(0, MOST.strayLines).map((line): Diagnostic =>
    line.header
      ? { severity: 'error', at: `${file}:${line.line}`, message: 'not a [SECTION] header' }
      : {
          severity: 'error',
          at: placeOf(file, line),
          message: NO_PAIR,
          hint: 'write a value on the line of its key, or below it on indented lines',
        },
  );
  const more = stray.length - shown.length;
  if (more === 0) return shown;
  return [
    ...shown,
    { severity: 'error', at: file, message: `${more} more lines are not \`key = value\` either` },
  ];
}

/** Python refuses a repeated section or key. */
function findRepeated(
  file: string,
  { pairs, headers }: ParsedLines,
): { diagnostics: Diagnostic[]; pairs: Set<Pair> } {
  const diagnostics: Diagnostic[] = [];
  const repeated = new Set<Pair>();
  const began = new Map<string, number>();
  for (const header of headers) {
    const before = began.get(header.section);
    if (before === undefined) began.set(header.section, header.line);
    else if (header.section !== INHERITED) {
      const message = `begins twice; first in line ${before}`;
      const hint = 'merge the two';
      diagnostics.push({ severity: 'error', at: placeOf(file, header), message, hint });
    }
  }
  const given = new Map<string, number>();
  for (const pair of pairs) {
    const name = nameOf(pair.section, pair.key);
    const before = given.get(name);
    if (before === undefined) {
      given.set(name, pair.line);
      continue;
    }
    repeated.add(pair);
    const at = [placeOf(file, pair), shownKey(pair.key)].filter(Boolean).join(' ');
    const message = `given twice; first in line ${before}`;
    diagnostics.push({ severity: 'error', at, message, hint: `remove line ${before} or line ${pair.line}` });
  }
  return { diagnostics, pairs: repeated };
}

/** What tells sections apart: their folded names, and `[DEFAULT]` by its exact one. */
function sectionKey(section: string): string {
  return section === INHERITED ? INHERITED : foldName(section);
}

function nameOf(section: string, key: string): string {
  return JSON.stringify([sectionKey(section), foldName(key)]);
}

interface Cleaned {
  pair: Pair;
  credential: boolean;
  text: string;
  problem: string | undefined;
  doubt: string | undefined;
  continuedIn: number | undefined;
}

function readPairs(file: string, { pairs, headers }: ParsedLines): { entries: Entry[]; secrets: string[] } {
  const cleaned = pairs.map(clean);
  const byName = new Map(cleaned.map((one) => [nameOf(one.pair.section, one.pair.key), one]));
  const find = (section: string, key: string) =>
    byName.get(nameOf(section, key)) ?? byName.get(nameOf(INHERITED, key));
  const confidential = new Set(
    cleaned.filter(({ credential }) => credential).map(({ pair }) => sectionKey(pair.section)),
  );
  const named = new Set<Cleaned>();
  const secrets = pairs.flatMap(secretsOf);
  const read = (one: Cleaned, section: string, inherited: boolean): Entry => {
    const used: Cleaned[] = [];
    const expanded = interpolate(one.text, (name) => {
      const found = find(section, name);
      if (found !== undefined) used.push(found);
      return found?.text;
    });
    const value = 'text' in expanded ? expanded.text : '';
    const problem = one.problem ?? ('problem' in expanded ? expanded.problem : undefined);
    for (const other of used) named.add(other);
    if (one.credential) secrets.push(value, ...used.map(({ text }) => text));
    const place = placeOf(file, one.pair);
    return {
      line: one.pair.line,
      section,
      key: one.pair.key,
      value: problem === undefined ? value : '',
      place,
      at: [place, shownKey(one.pair.key)].filter(Boolean).join(' '),
      confidential:
        one.credential ||
        used.some(({ credential }) => credential) ||
        confidential.has(sectionKey(one.pair.section)),
      inherited,
      named: false,
      ...(one.continuedIn === undefined ? {} : { continuedIn: one.continuedIn }),
      ...(problem === undefined ? {} : { problem }),
      ...(one.doubt === undefined ? {} : { doubt: one.doubt }),
    };
  };
  const sections = new Map(headers.map(({ section }) => [sectionKey(section), section]));
  sections.delete(INHERITED);
  const entries = cleaned.flatMap((one) => {
    if (one.pair.section !== INHERITED) return [read(one, one.pair.section, false)];
    const heirs = [...sections.values()].filter((section) => find(section, one.pair.key) === one);
    return [INHERITED, ...heirs].map((section) => read(one, section, true));
  });
  const lines = new Set([...named].map(({ pair }) => pair.line));
  return { entries: entries.map((entry) => ({ ...entry, named: lines.has(entry.line) })), secrets };
}

function clean(pair: Pair): Cleaned {
  const credential = isCredentialKey(pair.key);
  const given = pair.parts.filter(({ text }) => text !== '');
  const values = given.map(({ text }) => cleanValue(text, credential));
  const problem = values.find((value) => value.problem !== undefined)?.problem;
  const quoted = /^(["'])(.*)\1$/.exec(pair.key)?.[2];
  return {
    pair: quoted === undefined || quoted === '' ? pair : { ...pair, key: quoted },
    credential,
    text: values
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n'),
    problem,
    doubt: values.find(({ doubt }) => doubt !== undefined)?.doubt,
    continuedIn: given.length > 1 ? given[1]?.line : undefined,
  };
}

/** The parts of a pair that may be secret: a credential's value, and credentials indented below another key. */
function secretsOf(pair: Pair): string[] {
  const credential = isCredentialKey(pair.key);
  const ofKey = credential ? pair.key.split(/\s+/).slice(1) : [];
  const ofParts = pair.parts.flatMap(({ text }, index) => {
    const own = credential ? [text, cleanValue(text, true).text] : [];
    const below = index > 0 ? groupsOf(/^([^=:]*)[=:](.*)$/, text, 2) : undefined;
    if (below === undefined || !isCredentialKey(below[0])) return own;
    const value = below[1].trim();
    return [...own, value, cleanValue(value, true).text];
  });
  return [...ofKey, ...ofParts];
}
