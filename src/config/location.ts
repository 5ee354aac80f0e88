/** Places of data as a user writes them: relative, with `~`, or with credentials that do not belong there. */
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';
import { canonicalUri } from '../store/uri.ts';
import { misreadPlace } from './misread-place.ts';
import type { Base, Parsed } from './value-type.ts';

/** Reads an S3 URI (`s3a` and `s3n` count as `s3`) or a local path into its canonical form. */
export function parseLocation(text: string, { folder, home }: Base): Parsed<string> {
  if (/^[a-z0-9+.-]+:\/*[^/]*@/i.test(text)) {
    return { problem: 'has credentials in it', hint: 'leave them out of the URI' };
  }
  const misread = misreadPlace(text);
  if (misread !== undefined) return misread;
  const fromHome = home !== undefined && (text === '~' || text.startsWith('~/'));
  try {
    return { value: canonicalUri(fromHome ? join(home, text.slice(1)) : text, folder) };
  } catch (error) {
    if (!(error instanceof LandfallError)) throw error;
    return {
      problem: 'neither an S3 URI nor a local folder',
      hint: 'write s3://bucket/prefix, or a local folder',
    };
  }
}

/** The place as a folder, with exactly one trailing slash. */
export function asFolder(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}
