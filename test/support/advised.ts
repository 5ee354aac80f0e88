/** The commands of messages, read by a real shell. */
import { execFileSync } from 'node:child_process';
import { spoken } from '../../src/shell-words.ts';
import type { Advice, Invocation } from '../../src/shell-words.ts';

const END = '--end-of-command';

/** The invocation with a mark at the end of each command, which separates it from following prose. */
export function marked(invocation: Invocation): Invocation {
  const carried = Object.entries(invocation.carried).map(([verb, flags]) => [verb, [...flags, [END]]]);
  return { ...invocation, carried: Object.fromEntries(carried) as Invocation['carried'] };
}

/** Each command of the advice, as printed. */
export function commandsOf(advice: Advice | undefined, invocation: Invocation): string[] {
  if (advice === undefined || typeof advice === 'string') return [];
  return advice.flatMap((part) => (typeof part === 'string' ? [] : [spoken([part], invocation)]));
}

/** The commands of a text that was printed with a marked invocation. */
export function commandsIn(text: string, { start }: Invocation): string[] {
  const parts = text.split(` ${END}`).slice(0, -1);
  return parts.map((part) => part.slice(part.lastIndexOf(`${start} `)));
}

/** The words into which bash splits each line, the program first. */
export function wordsInBash(lines: readonly string[], cwd: string): string[][] {
  const tell = `tell() { printf '%s\\0' "$@"; printf '\\0'; }`;
  const programs = ['node', 'npm', 'npx', 'landfall'].map((name) => `${name}() { tell ${name} "$@"; }`);
  const output = execFileSync('bash', ['--noprofile', '--norc'], {
    cwd,
    input: [tell, ...programs, ...lines, ''].join('\n'),
    encoding: 'utf8',
  });
  return output
    .split('\0\0')
    .slice(0, -1)
    .map((words) => words.split('\0'));
}
