/** Commands in messages can be pasted as they are. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advise, command, commandAt, shellWord, spoken } from '../src/shell-words.ts';

/** The words into which bash splits a line. */
function asBashReads(line: string): string[] {
  const out = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return out.split('\0').slice(0, -1);
}

const HOSTILE = [
  '',
  'a b',
  "it's",
  '$(touch hacked)',
  '`id`',
  'a;b',
  'a&&b|c>d',
  '-rf',
  '--lake',
  '~',
  '=ls',
  '*',
  '!!',
  '#x',
  '{a,b}',
  '\\',
  'ü ü 雨 🎵',
  'two\nlines',
  'ends\n',
  '\n  next: rm -rf /',
  "tab\there's",
  '\u001b[31mred',
  'reversed \u202etxt',
  'back\\slash\u0007',
  'line\u2028separator1',
];

describe('a word', () => {
  it.each(HOSTILE)('passes through the shell unchanged: %j', (text) => {
    expect(asBashReads(shellWord(text))).toEqual([text]);
  });

  it('passes through the shell unchanged, whatever it contains, and stays on one line', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((one) => !one.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const line = words.map(shellWord).join(' ');
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(asBashReads(line)).toEqual(words);
      }),
      { numRuns: 30 },
    );
  });
});

describe('an advised command', () => {
  const start = 'npm run -s landfall --';
  const carried = {
    retry: [['--config', 'my dl.cfg'], ['--keep-alive']],
    status: [['--config', 'my dl.cfg']],
  } as const;
  const invocation = { start, carried };
  const read = (advice: Parameters<typeof spoken>[0]) => asBashReads(spoken(advice, invocation));

  it('begins as this program was started, and includes the given flags', () => {
    expect(read(commandAt('file:///a b', 'retry', 'r1'))).toEqual([
      ...['npm', 'run', '-s', 'landfall', '--', 'retry', 'r1', '--lake', '/a b'],
      ...['--config', 'my dl.cfg', '--keep-alive'],
    ]);
  });

  it('has a flag once, even if it was also given', () => {
    expect(spoken(command('status', '--config', 'x'), invocation)).toBe(`${start} status --config x`);
    expect(spoken(command('status', '--config=x'), invocation)).toBe(`${start} status --config=x`);
  });

  it('asks for help and nothing else', () => {
    expect(spoken(command('retry', '--help'), invocation)).toBe(`${start} retry --help`);
  });

  it('joins a value that looks like a flag with its flag', () => {
    expect(read(commandAt('-lake', 'runs')).slice(-1)).toEqual(['--lake=-lake']);
  });

  it('can be part of sentences, and of sentences within sentences', () => {
    const inner = advise`fix it, then ${command('status', 'r1')}`;
    expect(spoken(advise`${inner}; or wait ${2} min`, { start: 'landfall', carried: {} })).toBe(
      'fix it, then landfall status r1; or wait 2 min',
    );
  });
});
