/** What an operation takes: time, memory of this process, and requests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { between } from './counting-s3.ts';
import type { Requests } from './counting-s3.ts';
import type { Operation } from './operations.ts';

export interface Measured {
  name: string;
  doc: string;
  seconds: number;
  /** Bytes: the most resident memory meanwhile, or since the process started where the system cannot tell. */
  peak: number;
  /** Bytes in use afterwards, without garbage. */
  held: number;
  requests: Requests;
}

/** Runs the operations in turn. */
export async function measureAll(
  operations: readonly Operation[],
  requests: () => Promise<Requests>,
  progress: (message: string) => void,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const { name, doc, run } of operations) {
    progress(name);
    const before = await requests();
    forgetPeak();
    const started = performance.now();
    await run();
    const seconds = (performance.now() - started) / 1000;
    const peak = peakMemory();
    measured.push({
      name,
      doc,
      seconds,
      peak,
      held: heldMemory(),
      requests: between(before, await requests()),
    });
  }
  return measured;
}

const SELF = '/proc/self';

/** Linux then counts the peak from here. */
function forgetPeak(): void {
  try {
    writeFileSync(`${SELF}/clear_refs`, '5');
  } catch {
    // Elsewhere the peak is that of the whole process so far.
  }
}

function peakMemory(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`${SELF}/status`, 'utf8')) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Of the heap and of buffers, after a garbage collection. */
export function heldMemory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
