/** One log as it grows: EMR replaces the object by a longer one every few minutes, and what is new of it is shown. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { lineCutter } from './line-cutter.ts';
import type { LineCutter } from './line-cutter.ts';
import { unpacked } from './unpacked.ts';

/** Takes whole lines of a log; false when nobody reads any more. */
export type Show = (log: string, lines: readonly string[]) => Promise<boolean>;

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
  /** The version looked at last holds less than what was shown. */
  shorter?: boolean;
}

export function logTail(log: string, key: string): LogTail {
  return { log, key, bytes: 0, digest: createHash('sha256'), cutter: lineCutter() };
}

/**
 * Looks at the object and shows what it holds beyond what was shown before; all of it, when it holds something else now.
 * One that holds less is taken for an upload cut short, and waited out. A last line without an end is kept back: it may
 * be half a line. `unread` when `show` says so. A look that threw may be repeated.
 */
export async function showNew(
  store: Store,
  tail: LogTail,
  { show, note }: { show: Show; note: (message: string) => void },
): Promise<'read' | 'unread'> {
  const info = await store.head(tail.key);
  if (info === undefined || info.etag === tail.etag) return 'read';
  const news = newOf(unpacked(store, info), tail);
  for (;;) {
    const { done, value } = await news.next();
    if (done === true && value === 'another') {
      note(`${tail.log}: the log was replaced by another one, which follows from its beginning`);
      Object.assign(tail, { ...logTail(tail.log, tail.key), etag: undefined });
      return showNew(store, tail, { show, note });
    }
    if (done === true) {
      tail.shorter = value === 'less';
      break;
    }
    tail.digest.update(value);
    tail.bytes += value.length;
    const lines = tail.cutter.push(value);
    if (lines.length > 0 && !(await show(tail.log, lines))) {
      await news.return('same');
      return 'unread';
    }
  }
  tail.etag = info.etag;
  tail.uploaded = info.lastModified;
  return 'read';
}

/** Shows the last line, when nothing ended it. */
export async function showRest(tail: LogTail, show: Show): Promise<void> {
  const lines = tail.cutter.end();
  if (lines.length > 0) await show(tail.log, lines);
}

/**
 * The pieces beyond those shown before; `another` when what should be those is something else, `less` when they end
 * before.
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
