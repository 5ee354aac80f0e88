/** Which keys a store accepts: names that mean the same object in S3 and in a folder, and never one outside the root. */
import { LandfallError } from '../faults.ts';

/** Throws `input` unless `key` is relative, has no empty, `.` or `..` segment, no NUL and no trailing slash. */
export function checkKey(key: string): string {
  const segments = key.split('/');
  if (
    key.includes('\0') ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..')
  ) {
    throw new LandfallError('input', `${JSON.stringify(key)} is not an object's name`, {
      next: 'use a relative name without empty, "." or ".." parts',
    });
  }
  return key;
}

/** Like `checkKey` for the prefix of a listing, which may also be empty, end in a slash or break off within a name. */
export function checkPrefix(prefix: string): string {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  return prefix;
}
