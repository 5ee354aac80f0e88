/**
 * An S3 endpoint on loopback whose buckets are maps in memory: quick to fill, to look at and to set back. It keeps the
 * same contract as S3 does (test/store/memory-s3.test.ts), and `answer` may answer instead of it.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { listening } from './loopback.ts';

export interface StoredObject {
  body: Buffer;
  etag: string;
  modified: Date;
  /** STANDARD when absent. */
  storage?: {
    class: string;
    /** Of an archive: there is a copy that can be read. */
    restored?: true;
    /** Of a class that S3 archives by itself. */
    archived?: true;
  };
}

export interface S3Request {
  method: string;
  bucket: string;
  /** As stored, not URL-encoded; empty for the bucket. */
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Answers a request, or returns false and leaves it to the buckets. */
export type Answering = (request: S3Request, response: ServerResponse) => boolean;

export interface MemoryS3 {
  endpoint: string;
  /** By bucket and key, divided by a slash: `lake/a/b`. */
  objects: Map<string, StoredObject>;
  put: (place: string, body: string | Uint8Array, modified?: Date) => void;
  /** Called before the buckets. */
  answer: Answering;
  stop: () => Promise<void>;
}

export async function memoryS3(): Promise<MemoryS3> {
  const objects = new Map<string, StoredObject>();
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      const [path = '', query = ''] = url.split('?', 2);
      const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
      const body = Buffer.concat(parts);
      const request = {
        method,
        bucket,
        key: decodeURIComponent(key),
        query: new URLSearchParams(query),
        headers,
        body,
      };
      if (!s3.answer(request, response)) serve(s3, request, response);
    });
  });
  const { address, stop } = await listening(server);
  const s3: MemoryS3 = {
    endpoint: `http://${address}`,
    objects,
    put: (place, body, modified = new Date()) => {
      const bytes = Buffer.from(body);
      objects.set(place, { body: bytes, etag: createHash('md5').update(bytes).digest('hex'), modified });
    },
    answer: () => false,
    stop,
  };
  return s3;
}

function serve(s3: MemoryS3, request: S3Request, response: ServerResponse): void {
  const { method, bucket, key, query, body } = request;
  if (key === '') {
    if (query.has('list-type')) xml(response, 200, listing(s3, request));
    else if (query.has('uploads')) xml(response, 200, '<ListMultipartUploadsResult/>');
    else if (query.has('delete')) {
      for (const [, name = ''] of body.toString().matchAll(/<Key>(.*?)<\/Key>/gs))
        s3.objects.delete(`${bucket}/${unescaped(name)}`);
      xml(response, 200, '<DeleteResult/>');
    } else response.writeHead(200).end();
    return;
  }
  if (method === 'PUT') write(s3, request, response);
  else if (method === 'DELETE') {
    s3.objects.delete(`${bucket}/${key}`);
    response.writeHead(204).end();
  } else if (method === 'GET' || method === 'HEAD') read(s3, request, response);
  else refuse(response, 501, 'NotImplemented');
}

function write(s3: MemoryS3, { bucket, key, headers, body }: S3Request, response: ServerResponse): void {
  const place = `${bucket}/${key}`;
  if (headers['if-none-match'] === '*' && s3.objects.has(place)) {
    refuse(response, 412, 'PreconditionFailed');
    return;
  }
  const from = headers['x-amz-copy-source'];
  if (typeof from !== 'string') {
    s3.put(place, body);
    response.writeHead(200, { etag: `"${s3.objects.get(place)!.etag}"` }).end();
    return;
  }
  const source = s3.objects.get(decodeURIComponent(from));
  const wanted = headers['x-amz-copy-source-if-match'];
  if (source === undefined) refuse(response, 404, 'NoSuchKey');
  else if (wanted !== undefined && wanted !== `"${source.etag}"`) refuse(response, 412, 'PreconditionFailed');
  else {
    s3.put(place, source.body);
    xml(response, 200, `<CopyObjectResult><ETag>"${source.etag}"</ETag></CopyObjectResult>`);
  }
}

function read(s3: MemoryS3, { method, bucket, key, headers }: S3Request, response: ServerResponse): void {
  const found = s3.objects.get(`${bucket}/${key}`);
  const wanted = headers['if-match'];
  if (found === undefined) refuse(response, 404, 'NoSuchKey');
  else if (wanted !== undefined && wanted !== `"${found.etag}"`) refuse(response, 412, 'PreconditionFailed');
  else {
    const { body, etag, modified, storage } = found;
    if (method === 'GET' && isArchived(found)) {
      refuse(response, 403, 'InvalidObjectState');
      return;
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (first !== undefined && Number(first) >= body.length) {
      refuse(response, 416, 'InvalidRange');
      return;
    }
    const part = first === undefined ? body : body.subarray(Number(first), Number(last) + 1);
    const head = {
      etag: `"${etag}"`,
      'last-modified': modified.toUTCString(),
      'content-length': part.length,
      ...(storage === undefined ? {} : { 'x-amz-storage-class': storage.class }),
      ...(storage?.restored ? { 'x-amz-restore': `ongoing-request="false", ${EXPIRES}` } : {}),
      ...(storage?.archived ? { 'x-amz-archive-status': 'ARCHIVE_ACCESS' } : {}),
      ...(first === undefined
        ? {}
        : { 'content-range': `bytes ${first}-${Number(first) + part.length - 1}/${body.length}` }),
    };
    response.writeHead(first === undefined ? 200 : 206, head).end(method === 'HEAD' ? undefined : part);
  }
}

const EXPIRES = 'expiry-date="Fri, 21 Dec 2099 00:00:00 GMT"';

function isArchived({ storage }: StoredObject): boolean {
  if (storage?.class === 'GLACIER' || storage?.class === 'DEEP_ARCHIVE') return storage.restored !== true;
  return storage?.archived === true;
}

const PAGE = 1000;

function listing({ objects }: MemoryS3, { bucket, query, headers }: S3Request): string {
  const tellsRestored = headers['x-amz-optional-object-attributes'] === 'RestoreStatus';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('continuation-token');
  const names = new Map<string, StoredObject | undefined>();
  for (const [place, object] of objects) {
    if (!place.startsWith(`${bucket}/${prefix}`)) continue;
    const key = place.slice(bucket.length + 1);
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut === -1) names.set(key, object);
    else names.set(key.slice(0, cut + 1), undefined);
  }
  const all = [...names].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const rest = after === null ? all : all.slice(Number(after));
  const page = rest.slice(0, PAGE);
  const goesOn = rest.length > PAGE;
  return [
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${String(goesOn)}</IsTruncated>`,
    goesOn ? `<NextContinuationToken>${String(Number(after) + PAGE)}</NextContinuationToken>` : '',
    ...page.map(([name, object]) =>
      object === undefined
        ? `<CommonPrefixes><Prefix>${encodeURIComponent(name)}</Prefix></CommonPrefixes>`
        : contents(name, object, { tellsRestored }),
    ),
    '</ListBucketResult>',
  ].join('');
}

/** One object of a list; tests that forge lists use it too. */
export function contents(
  name: string,
  { body, etag, modified, storage }: StoredObject,
  { size = body.length, tellsRestored = false } = {},
): string {
  const date = modified.toISOString();
  const restored =
    storage?.restored && tellsRestored
      ? '<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2099-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>'
      : '';
  return `<Contents><Key>${encodeURIComponent(name)}</Key><LastModified>${date}</LastModified><ETag>"${etag}"</ETag><Size>${String(size)}</Size><StorageClass>${storage?.class ?? 'STANDARD'}</StorageClass>${restored}</Contents>`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string) =>
  text.replace(/&(?:#x([0-9a-fA-F]+)|(\w+));/g, (all, code: string | undefined, name: string) =>
    code === undefined ? (ENTITIES[name] ?? all) : String.fromCodePoint(Number.parseInt(code, 16)),
  );

export function xml(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

export function refuse(response: ServerResponse, status: number, code: string): void {
  xml(response, status, `<Error><Code>${code}</Code><Message>no</Message></Error>`);
}
