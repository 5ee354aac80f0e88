/**
 * The manifest of a run as it is in the lake. It may have millions of lines, be damaged, or be made to exhaust memory, so it
 * is written and read piece by piece.
 */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { lineCutter } from '../emr/line-cutter.ts';
import { mostBytes } from '../lake/layout.ts';

export interface PackedManifest {
  /** SHA-256, hex, of the manifest's text: the same inputs, the same digest. */
  digest: string;
  /** `inputs.json.gz` as it is staged. */
  body: Uint8Array;
}

/** Characters that are packed at once. */
const PIECE = 64 * 1024;

/** Packs lines, each with its line end, without ever holding all of their text. */
export async function packManifest(lines: Iterable<string>): Promise<PackedManifest> {
  const hash = createHash('sha256');
  const bytes = function* () {
    for (const piece of pieces(lines)) {
      const packed = Buffer.from(piece);
      hash.update(packed);
      yield packed;
    }
  };
  const body = await pipeline(bytes, createGzip(), buffer);
  return { digest: hash.digest('hex'), body };
}

/** The lines, joined into pieces of about the same size. */
function* pieces(lines: Iterable<string>): Iterable<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

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
