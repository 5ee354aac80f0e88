/** Reading objects of S3: whole or a part, and never more than was asked for. */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import { replaced } from './replaced.ts';
import type { Bucket } from './s3-bucket.ts';
import { REQUEST_TIMEOUT_MS } from './s3-client.ts';
import type { S3Settings } from './s3-client.ts';
import { isNoSuchKey, isPreconditionFailed, isRangeBehindEnd } from './s3-errors.ts';
import { tooLarge } from './store.ts';

/** The whole object; undefined when there is none. Throws `input` when it has more bytes than `most`. */
export async function getObject(s3: Bucket, key: string, most: number): Promise<Uint8Array | undefined> {
  return s3.ask('s3:GetObject', key, async () => {
    try {
      return await read(s3, key, { most, excess: (size) => tooLarge(placeOf(s3, key), size, most) });
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw error;
    }
  });
}

interface Range {
  start: number;
  end: number;
  /** Of that version alone. */
  etag: string | undefined;
}

/** Bytes `[start, end)`. Throws `input` when the store sends other bytes, or more: it ignores ranges. */
export async function getRange(s3: Bucket, key: string, { start, end, etag }: Range): Promise<Uint8Array> {
  if (end <= start) return new Uint8Array();
  const range = `bytes=${String(start)}-${String(end - 1)}`;
  const refusal = (size: number | undefined, sent?: string) =>
    ignoresRanges(placeOf(s3, key), { most: end - start, size, sent });
  return s3.ask('s3:GetObject', key, async () => {
    try {
      return await read(s3, key, {
        which: { Range: range, ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }) },
        most: end - start,
        excess: refusal,
        check: ({ ContentRange, ContentLength }) => {
          const begins = ContentRange === undefined ? 0 : beginningOf(ContentRange);
          if (begins !== start)
            throw refusal(
              ContentLength,
              ContentRange === undefined ? 'the beginning' : JSON.stringify(ContentRange),
            );
        },
      });
    } catch (error) {
      if (isPreconditionFailed(error)) throw replaced(placeOf(s3, key));
      if (isRangeBehindEnd(error)) return new Uint8Array();
      throw error;
    }
  });
}

const placeOf = (s3: Bucket, key: string) => `s3://${s3.bucket}/${s3.at(key)}`;

/** Of `bytes 5-9/100`; an answer without a Content-Range is the object from its beginning. */
function beginningOf(contentRange: string): number | undefined {
  const first = /^bytes (\d{1,16})-/i.exec(contentRange)?.[1];
  return first === undefined ? undefined : Number(first);
}

function ignoresRanges(
  place: string,
  { most, size, sent }: { most: number; size: number | undefined; sent: string | undefined },
): LandfallError {
  const came = size === undefined ? 'more' : String(size);
  return new LandfallError(
    'input',
    `the store did not send just the requested part of ${JSON.stringify(place)}`,
    {
      why: [
        sent === undefined
          ? `${String(most)} bytes were asked for, and ${came} were sent`
          : `another part was sent than was asked for: ${sent.slice(0, 80)}`,
      ],
      next: 'use a store that honours Range as Amazon S3 does, or correct [S3] endpoint',
    },
  );
}

interface Reading {
  which?: { Range: string; IfMatch?: string };
  /** No more bytes than this are read; of a longer answer the rest is cancelled. */
  most: number;
  /** What to throw then. `size`: what the answer says of its length. */
  excess: (size: number | undefined) => LandfallError;
  /** Throws when the answer is another than was asked for. */
  check?: (output: GetObjectCommandOutput) => void;
}

const BODY_TRIES = 3;

/**
 * Reads a whole body. The SDK's retries end when the answer begins; a body that breaks off is requested again here.
 */
async function read(s3: Bucket, key: string, { which, most, excess, check }: Reading): Promise<Uint8Array> {
  for (let tries = 1; ; tries += 1) {
    const output = await s3.client.send(new GetObjectCommand({ ...s3.common, Key: s3.at(key), ...which }));
    const { ContentLength: size } = output;
    try {
      if (size !== undefined && size > most) throw excess(size);
      check?.(output);
      const bytes = await collected(output.Body as AsyncIterable<Uint8Array> | undefined, most, s3.settings);
      if (bytes === 'too large') throw excess(undefined);
      if (size === undefined || bytes.length === size) return bytes;
      throw new Error(`${String(bytes.length)} of ${String(size)} bytes arrived`);
    } catch (error) {
      (output.Body as { destroy?: () => void } | undefined)?.destroy?.();
      if (error instanceof LandfallError) throw error;
      if (tries < BODY_TRIES) continue;
      throw new LandfallError('unreachable', `reading ${placeOf(s3, key)} broke off`, {
        why: [messageOf(error)],
        retryable: true,
        cause: error,
      });
    }
  }
}

/** A body counts as broken off when fewer bytes than this arrive in the time in which an answer must begin. */
const LEAST_BYTES = 1024;

/**
 * Joins the parts, counting them as they arrive: an answer need not state its length. Bytes past the limit stay
 * unread.
 */
async function collected(
  body: AsyncIterable<Uint8Array> | undefined,
  most: number,
  { requestTimeoutMs = REQUEST_TIMEOUT_MS }: S3Settings,
): Promise<Uint8Array | 'too large'> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let since = { at: performance.now(), bytes: 0 };
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > most) return 'too large';
    parts.push(part);
    const now = performance.now();
    if (now - since.at < requestTimeoutMs) continue;
    if (bytes - since.bytes < LEAST_BYTES)
      throw new Error(
        `only ${String(bytes - since.bytes)} bytes came in ${String(Math.round((now - since.at) / 1000))} s`,
      );
    since = { at: now, bytes };
  }
  return Buffer.concat(parts);
}
