/**
 * Signals that our parent ignores on our behalf: under nohup, or in a script with `trap '' INT`. Node forgets this
 * before any of our code runs, so we infer it from what remains: the traces of nohup, and the shell that is our parent.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Env } from './env.ts';

const SHELLS = ['sh', 'bash', 'dash', 'ash', 'busybox', 'ksh', 'mksh', 'zsh'];

export interface Beginning {
  /** The file that stdout goes to. */
  stdout: string;
  parent: {
    /** Its arguments, the program first. */
    words: readonly string[];
    /** Of its status file: a hexadecimal mask of the signals that it ignores. */
    ignores: string;
  };
}

/** Names such as `SIGHUP`. */
export function ignoredAtStart(env: Env, { stdout, parent }: Beginning = beginning()): string[] {
  // Shells put the program they start into this variable; nohup becomes the program that it runs.
  const nohup = /(?:^|\/)nohup$/.test(String(env['_'])) || basename(stdout) === 'nohup.out';
  return [...(nohup ? ['SIGHUP'] : []), ...(isScript(parent.words) ? namesIn(parent.ignores) : [])];
}

/** An interactive shell ignores signals only for itself. Other programs ignore them while they wait for a child. */
function isScript([program = '', ...words]: readonly string[]): boolean {
  return SHELLS.includes(basename(program)) && words.some((word) => word === '-c' || !word.startsWith('-'));
}

function namesIn(mask: string): string[] {
  const bits = BigInt(`0x${mask === '' ? '0' : mask}`);
  return Object.entries(constants.signals)
    .filter(([, number]) => (bits >> BigInt(number - 1)) & 1n)
    .map(([name]) => name);
}

/** Only Linux gives this information about the parent. */
function beginning(): Beginning {
  const parent = `/proc/${String(process.ppid)}`;
  const words = orElse(() => readFileSync(`${parent}/cmdline`, 'utf8'), '');
  const status = orElse(() => readFileSync(`${parent}/status`, 'utf8'), '');
  return {
    stdout: orElse(() => readlinkSync('/proc/self/fd/1'), ''),
    parent: {
      words: words.split('\0').slice(0, -1),
      ignores: /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '',
    },
  };
}

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
