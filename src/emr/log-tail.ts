/** One log as it grows: EMR replaces the object by a longer one every few minutes, and the new part is shown. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { LogLines, LogNote } from '../run/log-piece.ts';
import type { Store } from '../store/store.ts';
import { lineCutter } from './line-cutter.ts';
import type { LineCutter } from './line-cutter.ts';
import { unpacked } from './unpacked.ts';

/** What has been shown of one log. */
export interface LogTail {
  /** `stderr`. */
  readonly log: string;
  readonly key: string;
  /** When the version shown last was uploaded; absent while there is none. */
  uploaded?: Date;
  /** Shown so far, bytes unpacked. */
  bytes: number;
  etag?: string;
  digest: Hash;
  cutter: LineCutter;
  /** The last version read is shorter than what was shown. */
  shorter?: boolean;
}

export function logTail(log: string, key: string): LogTail {
  return { log, key, bytes: 0, digest: createHash('sha256'), cutter: lineCutter() };
}

/**
 * Reads the object and yields what is new in it, or all of it when its content was replaced. A shorter object is
 * taken for an upload that was cut short: it waits for the next one. A last line without an end is held back, since
 * it may be half a line. A call that threw may be repeated.
 */
export async function* newLines(store: Store, tail: LogTail): AsyncGenerator<LogLines | LogNote> {
  const info = await store.head(tail.key);
  if (info === undefined || info.etag === tail.etag) return;
  const news = newOf(unpacked(store, info), tail);
  try {
    for (let next = await news.next(); ; next = await news.next()) {
      if (next.done === true && next.value === 'another') break;
      if (next.done === true) {
        tail.shorter = next.value === 'less';
        tail.etag = info.etag;
        tail.uploaded = info.lastModified;
        return;
      }
      tail.digest.update(next.value);
      tail.bytes += next.value.length;
      const lines = tail.cutter.push(next.value);
      if (lines.length > 0) yield { kind: 'lines', log: tail.log, lines };
    }
  } finally {
    await news.return('same');
  }
  yield {
    kind: 'note',
    message: `${tail.log}: the log was replaced by another one, which follows from its beginning`,
  };
  Object.assign(tail, { ...logTail(tail.log, tail.key), etag: undefined });
  yield* newLines(store, tail);
}

/** The last line, when nothing ended it. */
export function lastLine({ log, cutter }: LogTail): LogLines[] {
  const lines = cutter.end();
  return lines.length > 0 ? [{ kind: 'lines', log, lines }] : [];
}

/**
 * The pieces after those shown before; `another` when the content shown before has changed, `less` when the object
 * ends before it.
 */
async function* newOf(
  pieces: AsyncIterable<Uint8Array>,
  { bytes: shown, digest }: Pick<LogTail, 'bytes' | 'digest'>,
): AsyncGenerator<Uint8Array, 'same' | 'another' | 'less'> {
  const before = shown === 0 ? '' : digest.copy().digest('hex');
  const check = createHash('sha256');
  let passed = 0;
  for await (const piece of pieces) {
    const known = piece.subarray(0, shown - passed);
    if (known.length > 0) {
      check.update(known);
      passed += known.length;
      if (passed === shown && check.digest('hex') !== before) return 'another';
    }
    if (piece.length > known.length) yield piece.subarray(known.length);
  }
  return passed < shown ? 'less' : 'same';
}
