/** What a URI means once the file system's links are followed. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { formatUri, parseUri } from './uri.ts';

/**
 * The canonical URI of the folder that a canonical URI leads to. What does not exist yet is taken as it is written; an
 * S3 URI is its own answer. Two local folders are compared by this, so that a link does not hide that they are one.
 */
export function realUri(uri: string): string {
  const parsed = parseUri(uri, '/');
  return parsed.scheme === 'file' ? formatUri({ scheme: 'file', path: realFolder(parsed.path) }) : uri;
}

function realFolder(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realFolder(parent), basename(path));
  }
}
