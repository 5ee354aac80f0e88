/**
 * The manifest of a run as it is in the lake. It may be damaged, or made to exhaust memory, so it is read piece by
 * piece.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { lineCutter } from '../emr/line-cutter.ts';
import { mostBytes } from '../lake/layout.ts';

/** Most characters of a line. A line names one object, and a key of S3 has at most 1,024 bytes. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of an `inputs.json.gz`, unpacked on demand. Throws when it is not gzip, is truncated, unpacks to more than
 * `most` bytes, or has a SHA-256 other than the plan's. The last is known only once all is read.
 */
export async function* linesOfManifest(
  body: Uint8Array,
  digest: string,
  most: number = mostBytes.inputsText,
): AsyncGenerator<string, void> {
  const gunzip = createGunzip();
  gunzip.end(body);
  const hash = createHash('sha256');
  const cutter = lineCutter(LONGEST_LINE);
  let bytes = 0;
  for await (const piece of gunzip as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > most) throw new Error(`it unpacks to more than ${String(most)} bytes, the most that is read`);
    hash.update(piece);
    yield* cutter.push(piece);
  }
  yield* cutter.end();
  if (hash.digest('hex') !== digest) throw new Error('it is not the planned one: its SHA-256 differs');
}
