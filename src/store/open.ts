/** Opens a store by its URI. The S3 SDK is loaded only for S3. */
import { openFolder } from './local-folder.ts';
import type { Links } from './local-inside.ts';
import type { S3Settings } from './s3-client.ts';
import type { Store } from './store.ts';
import { parseUri } from './uri.ts';

export type { S3Settings } from './s3-client.ts';

/**
 * The store at an `s3://`, `s3a://`, `s3n://` or `file:` URI or an absolute folder. `links`: how links in a folder
 * are treated. Sends no request yet.
 */
export async function openStore(
  uri: string,
  settings: S3Settings = {},
  links: Links = 'refused',
): Promise<Store> {
  const parsed = parseUri(uri, '/');
  if (parsed.scheme === 'file') return openFolder(parsed.path, links);
  const { openS3 } = await import('./s3.ts');
  return openS3(parsed, settings);
}
