/** Several lines of dl.cfg may claim one setting: decides which one counts. */
import type { Diagnostic } from '../faults.ts';
import { foldName } from './ini-file.ts';
import type { Entry } from './ini-file.ts';
import { looksSecret } from './secret.ts';

/** A line that gives a setting its value. */
export interface Claim {
  value: string;
  entry: Entry;
  /** Written under a key of ours, which takes precedence over those of an existing file. */
  ours: boolean;
  /** Derived from a folder with all sources below it. A source that is named by itself takes precedence. */
  derived: boolean;
  where?: 'local' | 'remote' | undefined;
  pattern?: string | undefined;
}

export interface Decided {
  claim: Claim | undefined;
  diagnostics: Diagnostic[];
  /** A diagnostic to report if the claim becomes the value. */
  notices: Diagnostic[];
}

/** Sections whose credentials and region win when other sections have some too. */
const FIRST_SECTIONS = ['aws', 'default', ''];

/**
 * Decides between claims that disagree. With `local`, the place on this machine wins; otherwise the other one.
 * `wayToChoose` is how a user can say which is meant: `--lake or [LAKE] path`.
 */
export function decide(id: string, claims: readonly Claim[], local: boolean, wayToChoose: string): Decided {
  const given = claims.filter(({ value, entry }) => value !== '' || entry.problem !== undefined);
  const isPlace = id === 'lake.path' || id.startsWith('sources.');
  let left = prefer(given, ({ ours }) => ours);
  left = prefer(left, ({ entry }) => !entry.inherited);
  if (!isPlace) left = preferSection(left);
  const before = left;
  if (isPlace) {
    left = prefer(left, (claim) => isLocal(claim) === local);
    left = prefer(left, ({ derived }) => !derived);
    left = innermost(left);
  }
  const [claim, ...others] = left;
  if (claim === undefined)
    return { claim, diagnostics: emptyOnes(claims, isPlace, wayToChoose), notices: [] };
  const other = before.find((one) => !agree(one, claim) && isLocal(one) !== isLocal(claim));
  const passed = given.filter(
    (one) => !agree(one, claim) && ((claim.ours && !one.ours) || isOfOtherSection(one, claim, isPlace)),
  );
  return {
    claim,
    diagnostics: others.filter((one) => !agree(one, claim)).map((one) => repeated(claim, one)),
    notices: [
      ...(isPlace && other !== undefined
        ? [{ ...twoPlaces(id, claim, other, local), hint: `${wayToChoose} names another` }]
        : []),
      ...passed.map(({ entry }) => notUsed(entry, claim)),
      ...(claim.pattern === undefined ? [] : [patternCut(claim, claim.pattern)]),
    ],
  };
}

/** A credential or a region that the section of another one outranks; a place has a notice of its own. */
function isOfOtherSection({ entry }: Claim, claim: Claim, isPlace: boolean): boolean {
  return !isPlace && !entry.inherited && foldName(entry.section) !== foldName(claim.entry.section);
}

function notUsed({ at }: Entry, claim: Claim): Diagnostic {
  return { severity: 'notice', at, message: `not used: ${claim.entry.at} takes precedence` };
}

/** Those for which the predicate holds, or all when it holds for none. */
function prefer(claims: readonly Claim[], holds: (claim: Claim) => boolean): readonly Claim[] {
  const chosen = claims.filter(holds);
  return chosen.length > 0 ? chosen : claims;
}

function preferSection(claims: readonly Claim[]): readonly Claim[] {
  const first = FIRST_SECTIONS.find((section) => claims.some(({ entry }) => isSection(entry, section)));
  return first === undefined ? claims : claims.filter(({ entry }) => isSection(entry, first));
}

function isSection({ section }: Entry, name: string): boolean {
  return section.trim().toLowerCase() === name;
}

/** Of a bucket and a folder in it, the folder: it is more specific. */
function innermost(claims: readonly Claim[]): readonly Claim[] {
  const deepest = claims.toSorted((a, b) => plain(b.value).length - plain(a.value).length)[0];
  if (deepest === undefined) return claims;
  const all = claims.every(({ value }) => `${plain(deepest.value)}/`.startsWith(`${plain(value)}/`));
  return all ? [deepest] : claims;
}

function isLocal({ where, value }: Claim): boolean {
  return where === undefined ? !/^[a-z0-9]+:\/\//i.test(value) || /^file:/i.test(value) : where === 'local';
}

function agree(a: Claim, b: Claim): boolean {
  return plain(a.value) === plain(b.value);
}

/** One spelling of a value, good enough to see that two are the same. */
function plain(value: string): string {
  return value
    .replace(/^s3[an]?:\/\//i, 's3://')
    .replace(/^(\.\/)+/, '')
    .replace(/(?<!\/)\/+$/, '');
}

function repeated(first: Claim, second: Claim): Diagnostic {
  const [a, b] = [first.entry.line, second.entry.line].sort((x, y) => x - y);
  const later = first.entry.line > second.entry.line ? first.entry : second.entry;
  return {
    severity: 'error',
    at: later.at,
    message: `given twice; first in line ${a}`,
    hint: `remove line ${a} or line ${b}`,
  };
}

/** A key without a value is reported, because its author meant to fill it in. */
function emptyOnes([first]: readonly Claim[], isPlace: boolean, wayToChoose: string): Diagnostic[] {
  if (first === undefined) return [];
  const message = 'is empty, and not used';
  const hint = isPlace ? { hint: `give it a value, or name the place by ${wayToChoose}` } : {};
  return [{ severity: 'notice', at: first.entry.at, message, ...hint }];
}

function twoPlaces(id: string, taken: Claim, other: Claim, local: boolean): Diagnostic {
  const what = id === 'lake.path' ? 'the lake' : id.replace('sources.', '');
  const [when, otherwise] = local
    ? ['because of --cluster local', 'without it']
    : ['without --cluster local', 'with it'];
  return {
    severity: 'notice',
    at: taken.entry.at,
    message: `two places are named for ${what}: this one${shown(taken)} is used ${when}; ${otherwise} ${other.entry.at}${shown(other)} is`,
  };
}

function patternCut({ entry, value }: Claim, pattern: string): Diagnostic {
  const place = entry.confidential ? 'the folder in front of it' : value;
  return {
    severity: 'notice',
    at: entry.at,
    message: `a pattern is not needed: all JSON files below ${place} are read${entry.confidential ? '' : `, not only ${pattern}`}`,
  };
}

/** The place, unless it may be a secret. */
function shown({ entry, value }: Claim): string {
  return entry.confidential || /[@\n?]/.test(value) || looksSecret(value) ? '' : ` (${value})`;
}
