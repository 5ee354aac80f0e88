/** Why a step failed, in EMR's own terms: a few known causes, else an unknown error. */
import { open } from 'node:fs/promises';
import type { ClusterRecord, FailureDetails } from './records.ts';

const TAIL_BYTES = 256 * 1024;

/** The causes that EMR names. Each is recognised, line by line, by the words it contains. */
const CAUSES: readonly { reason: string; tells: (line: string) => boolean }[] = [
  {
    reason: 'Output directory already exists.',
    tells: saying('FileAlreadyExistsException', 'PATH_ALREADY_EXISTS'),
  },
  { reason: 'Input directory does not exist.', tells: saying('InvalidInputException', 'PATH_NOT_FOUND') },
  { reason: 'Out of memory.', tells: saying('OutOfMemoryError') },
  { reason: 'Incompatible Java version.', tells: saying('UnsupportedClassVersionError') },
  {
    reason: 'Main class not found.',
    tells: saying('Failed to load class', 'Error: Could not find or load main class'),
  },
  { reason: 'Access to Amazon S3 was denied.', tells: saysDenied },
];

function saying(...words: readonly string[]): (line: string) => boolean {
  return (line) => words.some((one) => line.includes(one));
}

function saysDenied(line: string): boolean {
  if (line.includes('AccessDeniedException')) return true;
  const at = line.indexOf('S3Exception');
  return at >= 0 && (line.includes('Access Denied', at) || line.includes('403', at));
}

/** Where a step's log lies; undefined without a LogUri. */
export function logFile(
  cluster: Pick<ClusterRecord, 'id' | 'logUri'>,
  stepId: string,
  name: string,
): string | undefined {
  if (cluster.logUri === undefined) return undefined;
  return `${cluster.logUri.replace(/(?<!\/)\/+$/, '')}/${cluster.id}/steps/${stepId}/${name}.gz`;
}

/**
 * What EMR answers for a step that failed. In client mode Spark lets a Python program's own stderr, its traceback
 * included, come out of stdout: both are searched, and `log` gives the place of the one with the cause.
 */
export function failureDetails(
  texts: { stderr: string; stdout: string },
  log: (name: string) => string | undefined,
): FailureDetails {
  for (const name of ['stderr', 'stdout'] as const) {
    const lines = texts[name].split('\n').map((line) => line.trim());
    for (const { reason, tells } of CAUSES) {
      const found = lines.find(tells);
      if (found !== undefined) return { Reason: reason, Message: found.slice(0, 1024), LogFile: log(name) };
    }
  }
  return { Reason: 'Unknown Error.', LogFile: log('stderr') };
}

/** The last part of a text file; empty when it cannot be read. */
export async function tail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
