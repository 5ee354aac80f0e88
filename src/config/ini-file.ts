/** Reads INI line by line, so that each value keeps its line. Values are understood as `ini` does, less its surprises. */
import { unsafe } from 'ini';
import type { Diagnostic } from '../faults.ts';
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
}

export interface IniFile {
  entries: Entry[];
  diagnostics: Diagnostic[];
  /** Every text that may be a secret, for redaction. */
  secrets: string[];
}

interface Line {
  number: number;
  section: string;
  text: string;
}

const CREDENTIAL = /secret|token|passw|credential|access_?key|^key$/;
const PLAIN_KEY = /^[A-Za-z_][\w .-]{0,40}$/;

/** Folds a section's or a key's name: case, `-`, `_` and blanks do not matter. */
export function foldName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[-\s]+/g, '_');
}

/** Reads a file's text. `file` is its name for messages. Never throws; mistakes come back as diagnostics. */
export function readIni(file: string, text: string): IniFile {
  const { lines, diagnostics } = splitLines(file, text);
  const confidential = new Set(
    lines.filter(({ text }) => isCredentialKey(splitPair(text)?.key ?? text)).map(sectionKey),
  );
  const result: IniFile = { entries: [], diagnostics, secrets: [] };
  for (const line of lines) readPair(file, line, confidential.has(sectionKey(line)), result);
  return result;
}

/** Whether a key by this name holds a credential, rightly spelled or not. */
export function isCredentialKey(key: string): boolean {
  return CREDENTIAL.test(foldName(key));
}

function sectionKey({ section }: { section: string }): string {
  return foldName(section);
}

function splitLines(file: string, text: string): { lines: Line[]; diagnostics: Diagnostic[] } {
  const lines: Line[] = [];
  const diagnostics: Diagnostic[] = [];
  let section = '';
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || /^[;#]/.test(line)) continue;
    if (!line.startsWith('[')) {
      lines.push({ number: index + 1, section, text: line });
      continue;
    }
    const header = /^\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(line);
    if (header === null) {
      diagnostics.push({ severity: 'error', at: `${file}:${index + 1}`, message: 'not a [SECTION] header' });
    }
    section = (header?.[1] ?? '').trim();
  }
  return { lines, diagnostics };
}

function readPair(file: string, line: Line, confidentialSection: boolean, into: IniFile): void {
  const place = `${file}:${line.number}${line.section === '' ? '' : ` [${shownSection(line.section)}]`}`;
  const pair = splitPair(line.text);
  if (pair === undefined) {
    into.secrets.push(line.text, ...line.text.split(/\s+/));
    into.diagnostics.push({
      severity: 'error',
      at: place,
      message: 'not a `key = value` line',
      hint: 'a value stays on the line of its key',
    });
    return;
  }
  const credential = isCredentialKey(pair.key);
  const value = readValue(pair.raw, credential);
  const at = PLAIN_KEY.test(pair.key) && !looksSecret(pair.key) ? `${place} ${pair.key}` : place;
  if (credential) into.secrets.push(pair.raw, value.text);
  if (value.problem !== undefined) {
    into.diagnostics.push({
      severity: value.severity,
      at,
      message: value.problem,
      hint: 'put the whole value in quotes',
    });
  }
  into.entries.push({
    line: line.number,
    section: line.section,
    key: pair.key,
    value: value.text,
    place,
    at,
    confidential: credential || confidentialSection,
  });
}

/** `KEY = value` and `KEY : value`; undefined when the line is neither (a lone URI has a colon, but is no pair). */
function splitPair(line: string): { key: string; raw: string } | undefined {
  const match = /^([^=:]*)[=:](.*)$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const key = match[1].trim().replace(/^(["'])(.*)\1$/, '$2');
  if (key === '' || /^[a-z0-9]+:\/\//i.test(line)) return undefined;
  return { key, raw: match[2].trim() };
}

interface ReadValue {
  text: string;
  problem?: string;
  severity: 'error' | 'warning';
}

function readValue(raw: string, credential: boolean): ReadValue {
  const quoted = /^(["'`])(.*?)\1\s*(?:[;#].*)?$/.exec(raw);
  if (quoted !== null) {
    const inner = quoted[2] ?? '';
    return {
      text: (quoted[1] === '"' ? inner.replace(/\\(["\\])/g, '$1') : inner).trim(),
      severity: 'error',
    };
  }
  if (/^["'`]/.test(raw))
    return { text: '', problem: 'a quote is opened and never closed', severity: 'error' };
  // A key or token may hold `#` or `;` anywhere: only a sign that stands alone between blanks begins a comment there.
  const comment = (credential ? /(^|\s)[;#](\s|$)/ : /(^|\s)[;#]/).exec(raw);
  const kept = raw.slice(0, comment?.index ?? raw.length).trim();
  if (credential) return { text: kept, severity: 'error' };
  const protectedText = kept.replace(/\\[\\;#]|[;#]/g, (sign) => (sign.length === 2 ? sign : `\\${sign}`));
  const value = { text: unsafe(protectedText), severity: 'warning' as const };
  return protectedText === kept
    ? value
    : { ...value, problem: '`;` or `#` within the value is taken as part of it, not as a comment' };
}

function shownSection(section: string): string {
  return PLAIN_KEY.test(section) && !looksSecret(section) ? section : '...';
}
