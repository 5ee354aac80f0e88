/** The manifest of a run as it lies in the lake, where it may be damaged or made to fill memory: read piece by piece. */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { lineCutter } from '../emr/line-cutter.ts';
import { mostBytes } from '../lake/layout.ts';

/** Characters of a line, which names one object: a key of S3 has 1,024 bytes. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of an `inputs.json.gz`, unpacked as they are asked for. Throws when it is no gzip, breaks off, unpacks to
 * more than `most` bytes, or has another SHA-256 than the plan says; the last is known only once all is read.
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
  if (hash.digest('hex') !== digest)
    throw new Error('it is not the one that was planned: its SHA-256 differs');
}
