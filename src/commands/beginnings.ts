/** Reads how the first object of each source begins: one request a source, of a few kilobytes. */
import { createGunzip } from 'node:zlib';
import type { Settings } from '../config/settings.ts';
import type { Input, ListedObject } from '../run/inputs.ts';
import type { Beginning } from '../run/first-line.ts';
import { openInput } from './compose.ts';

/** Bytes that are asked for, and characters that are looked at. */
const ASKED = 64 * 1024;

/** Sources that cannot be read this way are left out: the step will say what is wrong with them. */
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
  if (bytes === undefined) return undefined;
  const packed = (first.key === '' ? uri : first.key).endsWith('.gz');
  const content = packed ? await unpacked(bytes) : bytes;
  return {
    source,
    uri: first.key === '' ? uri : `${uri}/${first.key}`,
    text: new TextDecoder().decode(content.subarray(0, ASKED)),
    isWhole: first.size <= ASKED && content.length <= ASKED,
    isAlone: filled.length === 1,
  };
}

/** Undefined in S3 when this machine may not read it: the cluster may. A local file that cannot be read is an error. */
async function start(
  uri: string,
  { key, size }: ListedObject,
  settings: Settings,
): Promise<Uint8Array | undefined> {
  const cut = uri.lastIndexOf('/');
  const [root, name] = key === '' ? [uri.slice(0, cut), uri.slice(cut + 1)] : [uri, key];
  const store = await openInput(root, settings);
  const read = store.getRange(name, 0, Math.min(size, ASKED));
  return uri.startsWith('s3://') ? read.catch(() => undefined) : read;
}

/** As much as the bytes unpack to, up to the limit; what is no gzip, or breaks off, is as long as it can be read. */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  const gunzip = createGunzip();
  const chunks: Buffer[] = [];
  let length = 0;
  gunzip.end(bytes);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > ASKED) break;
    }
  } catch {
    // What was read before the break will do.
  }
  return Buffer.concat(chunks);
}
