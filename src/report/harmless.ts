/**
 * Makes text that others wrote (object names, logs, reasons, raw lines) safe to show: it cannot control a terminal,
 * give commands to a CI, or pass for a line of ours. Pure.
 */
import { withoutUriSecrets } from '../redaction.ts';

/** Controls, line separators, halves of characters, and what is invisible or reorders its surroundings. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** The same but for line feeds and our own colours. */
// eslint-disable-next-line no-control-regex
const STEERING_LINES = /(?!\u001b\[\d{1,2}m|\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/**
 * CI commands: `::error` begins a line, possibly after our colours; `##[error]` and `##vso[...]` may be anywhere in
 * it.
 */
// eslint-disable-next-line no-control-regex
const COMMANDS = /^((?:\u001b\[\d{1,2}m|[^\S\r\n\u2028\u2029])*:)(?=:)|(##\w{0,20})(?=\[)/gmu;

/** A value that is safe within a line of ours: control characters are shown as escapes, a line break as `\n`. */
export function oneLine(value: string): string {
  return disarmed(withoutUriSecrets(value).replace(STEERING, escaped));
}

/**
 * Lines that we made: only their line breaks and our colours have an effect. Values in them have passed `oneLine`
 * before.
 */
export function harmless(lines: string): string {
  return disarmed(withoutUriSecrets(lines).replace(STEERING_LINES, escaped));
}

/** A copy in which each text, at any depth, and each name of a field has passed `oneLine`. */
export function harmlessCopy<T>(value: T): T {
  return mapped(value, oneLine) as T;
}

/** A copy whose texts are as they were, but for credentials in URIs. */
export function withoutSecrets<T>(value: T): T {
  return mapped(value, withoutUriSecrets) as T;
}

/** A text of several lines as lines for a block of ours: those that could pass for one of ours are marked. */
export function linesOf(text: string): string[] {
  return text
    .split(/\r\n|[\n\r]/u)
    .map(oneLine)
    .map((line) => (/^\s*(?:next|error|warning)\b/iu.test(line) ? `| ${line}` : line));
}

/** Colours and the like, and the return before a line feed. */
// eslint-disable-next-line no-control-regex
const TRIMMINGS = /\u001b\[[\d;]{0,20}m|\r$/gu;

/** A line of someone's log: without its colours, its tabs kept, and otherwise as `oneLine` makes it. */
export function harmlessLine(line: string): string {
  return disarmed(line.replace(TRIMMINGS, '').split('\t').map(oneLine).join('\t'));
}

/** JSON of exactly this value, in which nothing steers a terminal or a CI that shows it. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replace(STEERING, (found) => (found === '\n' ? found : unicodeEscape(found)))
    .replace(/#(?=#\w{0,20}\[)/gu, '\\u0023');
}

const disarmed = (text: string) => text.replace(COMMANDS, (found) => `${found}\\`);

function escaped(found: string): string {
  const named = NAMED[found];
  if (named !== undefined) return named;
  const code = found.charCodeAt(0);
  return found.length === 1 && code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : unicodeEscape(found);
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As JSON and JavaScript write it: beyond the BMP in two halves. */
function unicodeEscape(found: string): string {
  let escape = '';
  for (let at = 0; at < found.length; at += 1)
    escape += `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return escape;
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [change(name), mapped(item, change)]),
  );
}

const isPlain = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
