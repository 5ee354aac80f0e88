/** Drivers that die or stop at one exact moment: between an intent and its call, between a call and its result. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Running } from './landfall.ts';

export type Moment = {
  signal: 'SIGKILL' | 'SIGSTOP';
  /** From 1; 1 when absent. */
  nth?: number;
} & (
  | {
      when: 'before' | 'after';
      /** A write to the journal: of an entry of that kind, or of any. */
      entry: string;
    }
  | {
      when: 'before' | 'after';
      /** The creation of an object of the lake, by the end of its key. */
      object: string;
    }
  /** A request to EMR: it is about to be sent, and is sent when the driver resumes. */
  | { call: string }
);

/** The environment that makes a `landfall` process stop or die at that moment. The lake must be a folder. */
export function at(moment: Moment): Record<string, string> {
  const url = pathToFileURL(join(import.meta.dirname, 'at-moment.mjs'));
  return { NODE_OPTIONS: `--import ${url.href}`, LANDFALL_TEST_MOMENT: JSON.stringify(moment) };
}

/** Resolves once the process has stopped itself; rejects when it ends instead. */
export async function stopped({ process: child, ended }: Running): Promise<void> {
  const over = ended.then(({ stdout, stderr }) => {
    throw new Error(`ended without stopping:\n${stdout}\n${stderr}`);
  });
  for (;;) {
    if (stateOf(child.pid ?? 0) === 'T') return;
    await Promise.race([delay(50), over]);
  }
}

/** The one letter of proc(5): T is stopped. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
