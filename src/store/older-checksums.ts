/** Checksums of requests as S3 had them first: Content-MD5. */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';

/** Newer headers, which a store that only knows Content-MD5 may refuse. */
const NEWER = /^x-amz-(sdk-)?checksum-/i;

/**
 * Adds Content-MD5 to what a client puts, and to each request for which S3 wants a checksum, such as DeleteObjects:
 * the SDK gives those a newer checksum whatever its configuration. Bodies must be whole, not streams.
 */
export function guardByMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const request = args.request as { headers: Record<string, string>; body?: string | Uint8Array };
        const headers = Object.entries(request.headers);
        const kept = headers.filter(([name]) => !NEWER.test(name));
        if (commandName === 'PutObjectCommand' || kept.length < headers.length) {
          const md5 = createHash('md5').update(request.body ?? '');
          request.headers = { ...Object.fromEntries(kept), 'content-md5': md5.digest('base64') };
        }
        return next(args);
      },
    // After the SDK's own checksums, before the signature.
    { step: 'build', priority: 'low', name: 'guardByMd5' },
  );
}
