/** Roots of stores as URIs: one canonical form, raw (never percent-encoded). */
import { resolve } from 'node:path';
import { LandfallError } from '../faults.ts';
import { groupsOf } from '../groups.ts';

export type StoreUri =
  | { scheme: 's3'; bucket: string; prefix: string }
  /** `path` is absolute and without a trailing slash. */
  | { scheme: 'file'; path: string };

/**
 * Reads `s3://`, `s3a://`, `s3n://`, `file:` URIs and plain paths; a relative path is taken from `cwd`. The text is taken
 * as it stands: `%20` is three characters. Throws `input` for anything else.
 */
export function parseUri(text: string, cwd: string): StoreUri {
  if (text.includes('\0')) throw refused(text, 'it contains a NUL character');
  if (text.trim() === '') throw refused(text, 'it is empty');
  const uri = groupsOf(/^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s, text, 2);
  if (uri === undefined)
    return { scheme: 'file', path: resolve(cwd, /^file:(\/.*)$/is.exec(text)?.[1] ?? text) };
  const [scheme, rest] = uri;
  switch (scheme.toLowerCase()) {
    case 's3':
    case 's3a':
    case 's3n':
      return parseS3(text, rest);
    case 'file':
      return parseFile(text, rest);
    default:
      throw refused(text, `${scheme}:// is not supported`);
  }
}

function parseS3(text: string, rest: string): StoreUri {
  const [bucket = '', ...segments] = rest.split('/');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) {
    throw refused(
      text,
      bucket === '' ? 'it names no bucket' : `${JSON.stringify(bucket)} is not a bucket name`,
    );
  }
  if (segments.includes('.') || segments.includes('..'))
    throw refused(text, 'it contains "." or ".." as a folder');
  return { scheme: 's3', bucket, prefix: segments.filter((segment) => segment !== '').join('/') };
}

function parseFile(text: string, rest: string): StoreUri {
  const path = rest.startsWith('localhost/') ? rest.slice('localhost'.length) : rest;
  if (!path.startsWith('/')) throw refused(text, 'a file URI has three slashes and an absolute path');
  return { scheme: 'file', path: resolve(path) };
}

function refused(text: string, why: string): LandfallError {
  return new LandfallError('input', `${JSON.stringify(text)} is not a place for data: ${why}`, {
    next: 'give s3://bucket/prefix or a local folder',
  });
}

/** A URI as `scheme://host` and its path; of anything else the first is empty. */
export function splitRoot(text: string): [string, string] {
  const root = /^[a-z0-9]+:\/\/[^/]*/i.exec(text)?.[0];
  return root === undefined ? ['', text] : [root, text.slice(root.length)];
}

/** `s3://bucket/prefix` or `file:///folder`, without a trailing slash; the file system's own root is `file://`. */
export function formatUri(uri: StoreUri): string {
  if (uri.scheme === 'file') return `file://${uri.path === '/' ? '' : uri.path}`;
  return uri.prefix === '' ? `s3://${uri.bucket}` : `s3://${uri.bucket}/${uri.prefix}`;
}

/** The canonical form of what a user wrote. */
export function canonicalUri(text: string, cwd: string): string {
  return formatUri(parseUri(text, cwd));
}

export type Relation = 'equal' | 'inside' | 'around' | 'apart';

/**
 * How `a` relates to `b`, both in canonical form: `inside` means that `a` is a folder within `b`. Links are not
 * followed.
 */
export function relation(a: string, b: string): Relation {
  if (a === b) return 'equal';
  if (a.startsWith(`${b}/`)) return 'inside';
  return b.startsWith(`${a}/`) ? 'around' : 'apart';
}

/** The bucket of an `s3://` URI; undefined for any other place. */
export function bucketNameOf(uri: string): string | undefined {
  return /^s3:\/\/([^/]+)/.exec(uri)?.[1];
}
