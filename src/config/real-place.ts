/** Where a local place really is, links followed as far as the path exists. Touches the disk. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The same place without links in it; a URI of S3 as it is. */
export function realPlace(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  const path = realPath(uri.slice('file://'.length) || '/');
  return `file://${path === '/' ? '' : path}`;
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
