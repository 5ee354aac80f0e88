/** An S3 endpoint in memory that counts requests by kind, and lists a million objects page by page as fast as S3 does. */
import { contents, memoryS3, xml } from '../../../test/support/memory-s3.ts';
import type { MemoryS3, S3Request } from '../../../test/support/memory-s3.ts';

const KINDS = ['LIST', 'GET', 'HEAD', 'PUT', 'COPY', 'DELETE'] as const;
export type Requests = Record<(typeof KINDS)[number], number>;

export interface CountingS3 extends MemoryS3 {
  /** The requests so far. */
  requests: () => Requests;
}

export const kinds: readonly (keyof Requests)[] = KINDS;

/** What came between two counts. */
export function between(before: Requests, after: Requests): Requests {
  return Object.fromEntries(KINDS.map((kind) => [kind, after[kind] - before[kind]])) as Requests;
}

export async function countingS3(): Promise<CountingS3> {
  const s3 = await memoryS3();
  const counts: Requests = { LIST: 0, GET: 0, HEAD: 0, PUT: 0, COPY: 0, DELETE: 0 };
  /** By bucket: its keys in order, until something is written, or filled in from inside this process. */
  const sorted = new Map<string, { keys: readonly string[]; of: number }>();
  s3.answer = (request, response) => {
    const kind = kindOf(request);
    counts[kind] += 1;
    const { bucket, query } = request;
    if (kind === 'PUT' || kind === 'COPY' || kind === 'DELETE') sorted.delete(bucket);
    if (kind !== 'LIST' || query.has('delimiter')) return false;
    const before = sorted.get(bucket);
    const of = s3.objects.size;
    const keys = before?.of === of ? before.keys : keysOf(s3, bucket);
    sorted.set(bucket, { keys, of });
    xml(response, 200, page(s3, bucket, keys, query));
    return true;
  };
  return { ...s3, requests: () => ({ ...counts }) };
}

function kindOf({ method, query, headers }: S3Request): keyof Requests {
  if (query.has('list-type')) return 'LIST';
  if (query.has('delete') || method === 'DELETE') return 'DELETE';
  if (method === 'PUT') return headers['x-amz-copy-source'] === undefined ? 'PUT' : 'COPY';
  return method === 'HEAD' ? 'HEAD' : 'GET';
}

/** All names are ASCII, whose order in JavaScript is that of their bytes. */
function keysOf({ objects }: MemoryS3, bucket: string): string[] {
  const start = `${bucket}/`;
  const keys: string[] = [];
  for (const place of objects.keys()) if (place.startsWith(start)) keys.push(place.slice(start.length));
  return keys.sort();
}

const PAGE = 1000;

/** The token of a page is the last key of the page before. */
function page(
  { objects }: MemoryS3,
  bucket: string,
  keys: readonly string[],
  query: URLSearchParams,
): string {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token');
  const first = after === null ? place(keys, prefix) : place(keys, after) + 1;
  const rest = keys.slice(first, first + PAGE + 1).filter((key) => key.startsWith(prefix));
  const shown = rest.slice(0, PAGE);
  const goesOn = rest.length > PAGE;
  return [
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${String(goesOn)}</IsTruncated>`,
    goesOn ? `<NextContinuationToken>${shown.at(-1) ?? ''}</NextContinuationToken>` : '',
    ...shown.map((key) => contents(key, objects.get(`${bucket}/${key}`)!)),
    '</ListBucketResult>',
  ].join('');
}

/** Where the first key that is not less than `wanted` is. */
function place(keys: readonly string[], wanted: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
