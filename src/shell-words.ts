/** Places and commands as a person types them. Every Landfall command in a message is built here. */

/** A Landfall command, without the words that start the program: those differ from one invocation to the next. */
export interface AdvisedCommand {
  verb: string;
  words: readonly string[];
}

/** The next move: text, and commands within it. */
export type Advice = string | readonly (string | AdvisedCommand)[];

/** How this program was started, and what its commands need again. */
export interface Invocation {
  /** What a command begins with, quoted: `landfall`, `npx landfall`, `npm run -s landfall --`. */
  start: string;
  /** By verb: flags of this invocation that a command with that verb also needs, unless it already has them. */
  carried: Readonly<Record<string, readonly GivenFlag[]>>;
}

/** A flag and its value; a flag without one stands alone. */
export type GivenFlag = readonly [flag: string, value?: string];

/** The program's name when nothing is known about how it was started. */
export const PLAIN: Invocation = { start: 'landfall', carried: {} };

/** A command of ours. */
export function command(verb: string, ...words: readonly string[]): AdvisedCommand {
  return { verb, words };
}

/** A command about this lake that works from any folder and machine. */
export function commandAt(lake: string, verb: string, ...words: readonly string[]): AdvisedCommand {
  return { verb, words: [...words, ...flagWords(['--lake', place(lake)])] };
}

/** A flag and its value as the words that a command takes: a value that looks like a flag is joined to its own. */
export function flagWords([flag, value]: GivenFlag): string[] {
  if (value === undefined) return [flag];
  return value.startsWith('-') ? [`${flag}=${value}`] : [flag, value];
}

/** Text with commands in it, as a tagged template: advise`fix it, then ${command('retry')}`. */
export function advise(
  texts: TemplateStringsArray,
  ...parts: readonly (string | number | AdvisedCommand | Advice)[]
): Advice {
  return texts
    .flatMap((text, at) => [text, ...parts.slice(at, at + 1).flatMap(listed)])
    .filter((part) => part !== '');
}

function listed(part: string | number | AdvisedCommand | Advice): readonly (string | AdvisedCommand)[] {
  if (typeof part === 'number') return [String(part)];
  if (typeof part === 'string') return [part];
  return 'verb' in part ? [part] : part;
}

/** The advice as text, its commands ready to be pasted into the shell that this program was started from. */
export function spoken(advice: Advice | AdvisedCommand, invocation: Invocation): string {
  return listed(advice)
    .map((part) => (typeof part === 'string' ? part : spokenCommand(part, invocation)))
    .join('');
}

function spokenCommand({ verb, words }: AdvisedCommand, { start, carried }: Invocation): string {
  const has = (flag: string) => words.some((word) => word === flag || word.startsWith(`${flag}=`));
  const missing = words.includes('--help') ? [] : (carried[verb] ?? []).filter(([flag]) => !has(flag));
  return [start, ...[verb, ...words, ...missing.flatMap(flagWords)].map(shellWord)].join(' ');
}

/** The text as one word of a POSIX shell, on one line, whatever it holds. */
export function shellWord(text: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text)) return text;
  if (INVISIBLE.test(text) || text.includes('##')) return `$'${Array.from(text, escaped).join('')}'`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Characters that a terminal would obey or not show. A word with one is written with the escapes of bash, zsh, ksh
 * and POSIX 2024. So is a word with `##`, which starts a CI command.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;
/** After an escaped quote, bash no longer knows that it is inside quotes, and expands `!` from its history. */
const ESCAPED = /[!#\p{C}\p{Zl}\p{Zp}]/u;

function escaped(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  if (!ESCAPED.test(character)) return character;
  const bytes = new TextEncoder().encode(character);
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** A local folder as a plain path, anything else as it is. */
export function place(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  return uri === 'file://' ? '/' : uri.slice('file://'.length);
}

/** The next move when files of the current publication are lost: only another set of tables can replace them. */
export function afterLoss(lake: string): Advice {
  return advise`${commandAt(lake, 'rollback')} goes back to the previous set, if there is one; ${commandAt(lake, 'submit')} makes a new one`;
}

/** Sets the variables in the shell that evaluates it. */
export function exportLine(variables: Readonly<Record<string, string>>): string {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${shellWord(value)}`);
  return `export ${words.join(' ')}`;
}
