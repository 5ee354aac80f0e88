/** Reads the beginning of each source's first object: one request per source, of a few kilobytes. */
import { createGunzip } from 'node:zlib';
import type { Settings } from '../config/settings.ts';
import { LandfallError } from '../faults.ts';
import type { Input, ListedObject } from '../run/input-manifest.ts';
import type { Beginning } from '../run/first-line.ts';
import { isGzip } from '../store/gzip.ts';
import { codeOf } from '../error-code.ts';
import { openInput } from './compose.ts';

/** The number of bytes requested, and of characters examined. */
const ASKED = 64 * 1024;

/** Throws `access` or `input`, with the object's place, when an object cannot be read. */
export async function readBeginnings(inputs: readonly Input[], settings: Settings): Promise<Beginning[]> {
  const read = await Promise.all(inputs.map((input) => readBeginning(input, settings)));
  return read.filter((one) => one !== undefined);
}

async function readBeginning(
  { source, uri, objects }: Input,
  settings: Settings,
): Promise<Beginning | undefined> {
  const filled = objects.filter(({ size }) => size > 0);
  const [first] = filled;
  if (first === undefined) return undefined;
  const bytes = await start(uri, first, settings);
  const packed = (first.key === '' ? uri : first.key).endsWith('.gz');
  const isRead = first.size <= ASKED;
  const plain: Unpacked = { content: bytes, length: bytes.length };
  const { content, length, broken } = packed ? await unpacked(bytes, isRead) : plain;
  return {
    source,
    uri: first.key === '' ? uri : `${uri}/${first.key}`,
    text: new TextDecoder().decode(content),
    stored: (bytes.length * content.length) / Math.max(1, length),
    isWhole: isRead && length <= ASKED,
    isAlone: filled.length === 1,
    ...(broken === undefined ? {} : { broken }),
    ...(!packed && isGzip(bytes) ? { isPacked: true } : {}),
  };
}

async function start(uri: string, { key, size }: ListedObject, settings: Settings): Promise<Uint8Array> {
  const cut = uri.lastIndexOf('/');
  const [root, name] = key === '' ? [uri.slice(0, cut), uri.slice(cut + 1)] : [uri, key];
  const store = await openInput(root, settings);
  try {
    return await store.getRange(name, 0, Math.min(size, ASKED));
  } catch (error) {
    if (!(error instanceof LandfallError)) throw error;
    const { fault, message, why, next, retryable } = error;
    throw new LandfallError(fault, message, {
      why,
      stand: ['nothing was started; this machine must be able to read the inputs too'],
      retryable,
      cause: error,
      ...(next === undefined ? {} : { next }),
    });
  }
}

interface Unpacked {
  /** The first of it. */
  content: Uint8Array;
  /** Of all of it. */
  length: number;
  broken?: 'no gzip' | 'cut';
}

/** What the bytes unpack to, and what is wrong with them. If they are not `all` of the object, an early end is not an error. */
async function unpacked(bytes: Uint8Array, all: boolean): Promise<Unpacked> {
  const gunzip = createGunzip();
  const chunks: Buffer[] = [];
  let length = 0;
  let broken: 'no gzip' | 'cut' | undefined;
  gunzip.end(bytes);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (length < ASKED) chunks.push(chunk);
      length += chunk.length;
    }
  } catch (error) {
    if (!isGzip(bytes)) broken = 'no gzip';
    else if (all || codeOf(error) !== 'Z_BUF_ERROR') broken = 'cut';
  }
  const content = Buffer.concat(chunks).subarray(0, ASKED);
  return { content, length, ...(broken === undefined ? {} : { broken }) };
}
