/** The file system's errors, in Landfall's words. */
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import type { Fault } from '../faults.ts';
import { messageOf } from '../message-of.ts';

/** True when an error says that there is no object of that name: nothing, or a folder, or a file where a folder must be. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error));
}

interface Meaning {
  fault: Fault;
  why: string;
  next: string;
  retryable?: boolean;
}

const denied: Meaning = {
  fault: 'access',
  why: 'permission denied',
  next: 'give this user access to it, or choose another place',
};
const full: Meaning = {
  fault: 'full',
  why: 'no space left on the disk',
  next: 'make room',
};
const inTheWay: Meaning = {
  fault: 'input',
  why: 'there is a file where a folder is needed, or the other way round',
  next: 'move it away, or choose another place',
};
const noLinks: Meaning = {
  fault: 'input',
  why: 'this file system has no hard links, without which two writers could overwrite each other',
  next: 'choose a folder on another file system',
};
const flaky: Meaning = {
  fault: 'unreachable',
  why: 'the file system does not answer properly',
  next: 'look at the disk or the mount',
  retryable: true,
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: denied,
  EPERM: denied,
  EROFS: { ...denied, why: 'the file system is read-only' },
  ENOSPC: full,
  EDQUOT: { ...full, why: 'the disk quota is used up' },
  EFBIG: { ...full, why: 'a limit on the size of files is reached' },
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  ENOTEMPTY: inTheWay,
  EEXIST: inTheWay,
  ENAMETOOLONG: {
    fault: 'input',
    why: 'the name is too long for this file system',
    next: 'choose a shorter place',
  },
  ELOOP: { fault: 'input', why: 'its links form a loop', next: 'remove the circular link' },
  ENOENT: { fault: 'input', why: 'it is gone', next: 'put it back, or start again without it' },
  EIO: flaky,
  ESTALE: flaky,
  ETIMEDOUT: flaky,
  EMFILE: { ...flaky, why: 'too many open files', next: 'raise the limit with ulimit -n' },
};

/** The LandfallError for a failed `action` (such as `write`) on `path`; one that already is a LandfallError is kept. */
export function localError(error: unknown, action: string, path: string): LandfallError {
  if (error instanceof LandfallError) return error;
  const code = codeOf(error);
  const noLink = action === 'link' && ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code);
  const meaning = noLink ? noLinks : MEANINGS[code];
  const shown = JSON.stringify(path);
  const message = messageOf(error);
  if (meaning === undefined)
    return new LandfallError('internal', `could not ${action} ${shown}: ${message}`, { cause: error });
  const { fault, why, next, retryable = false } = meaning;
  return new LandfallError(fault, `could not ${action} ${shown}: ${why}`, {
    why: [message],
    next,
    retryable,
    cause: error,
  });
}

/** Runs `work`, turning what it throws into a LandfallError. */
export async function locally<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw localError(error, action, path);
  }
}
