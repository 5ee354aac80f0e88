/** A gateway in front of an S3 server: it records who requests what, and is as strict as AWS where moto is not. */
import { createServer, request as forward } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { listening } from './loopback.ts';

export type Operation = 'LIST' | 'HEAD' | 'GET' | 'PUT' | 'COPY' | 'DELETE' | 'BUCKET' | 'UPLOAD';

export interface Asked {
  operation: Operation;
  bucket: string;
  /** As stored, not URL-encoded; of a LIST the prefix. */
  key: string;
  by: 'landfall' | 'spark';
  headers: IncomingHttpHeaders;
}

export interface GatewayRules {
  /** Regions of buckets, which a request must be signed for; AWS redirects it otherwise. */
  regions?: Readonly<Record<string, string>>;
  /** Buckets that refuse signed requests, because there is no account to sign with. */
  anonymous?: readonly string[];
  /** Like stores that do not know `If-None-Match`. */
  ignoresPreconditions?: boolean;
  /** Like stores that know only Content-MD5, and require it for DeleteObjects. */
  onlyOlderChecksums?: boolean;
}

export interface Gateway {
  endpoint: string;
  asked: Asked[];
  stop(): Promise<void>;
}

export async function startGateway(target: string, rules: GatewayRules = {}): Promise<Gateway> {
  const asked: Asked[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    const one = askedBy(request);
    asked.push(one);
    if (refused(one, rules, response)) {
      request.resume();
      return;
    }
    const headers = { ...request.headers };
    if (rules.ignoresPreconditions === true) delete headers['if-none-match'];
    const { method, url: path } = request;
    const asking = forward({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    asking.on('error', () => response.destroy());
    request.pipe(asking);
  });
  const { address, stop } = await listening(server);
  return {
    endpoint: `http://${address}`,
    asked,
    stop,
  };
}

function askedBy({ method = '', url = '', headers }: IncomingMessage): Asked {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', path = ''] = /^\/([^/]*)\/?(.*)$/s.exec(pathname) ?? [];
  const key = path === '' ? (searchParams.get('prefix') ?? '') : decodeURIComponent(path);
  const by = (headers['user-agent'] ?? '').includes('aws-sdk-java') ? 'spark' : 'landfall';
  return { operation: operationOf(method, path, searchParams, headers), bucket, key, by, headers };
}

function operationOf(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): Operation {
  if (query.has('uploads') || query.has('uploadId')) return 'UPLOAD';
  if (query.has('delete') || method === 'DELETE') return 'DELETE';
  if (path === '') return method === 'GET' ? 'LIST' : 'BUCKET';
  if (method === 'PUT') return headers['x-amz-copy-source'] === undefined ? 'PUT' : 'COPY';
  return method === 'HEAD' ? 'HEAD' : 'GET';
}

function refused(
  one: Asked,
  { regions = {}, anonymous = [], onlyOlderChecksums = false }: GatewayRules,
  response: ServerResponse,
): boolean {
  const { bucket, headers } = one;
  const checksum = onlyOlderChecksums ? unknownChecksum(one) : undefined;
  if (checksum !== undefined) {
    response.writeHead(400, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>InvalidRequest</Code><Message>${checksum}</Message></Error>`);
    return true;
  }
  const signed = headers.authorization;
  if (anonymous.includes(bucket) && signed !== undefined) {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(
      '<Error><Code>InvalidAccessKeyId</Code><Message>nobody has an account here</Message></Error>',
    );
    return true;
  }
  const region = regions[bucket];
  const signedFor = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(signed ?? '')?.[1];
  if (region === undefined || signedFor === region) return false;
  response.writeHead(301, { 'content-type': 'application/xml', 'x-amz-bucket-region': region });
  response.end('<Error><Code>PermanentRedirect</Code><Message>another region</Message></Error>');
  return true;
}

/** Why an older store refuses the checksums of this request. */
function unknownChecksum({ operation, key, headers }: Asked): string | undefined {
  const newer = Object.keys(headers).find((name) => /^x-amz-((sdk-)?checksum-|trailer)/.test(name));
  if (newer !== undefined) return `${newer} is not known`;
  const isBatch = operation === 'DELETE' && key === '';
  return isBatch && headers['content-md5'] === undefined
    ? 'Missing required header for this request: Content-MD5'
    : undefined;
}

/** How often each operation was requested: `{ LIST: 2, COPY: 7 }`. */
export function countsOf(asked: readonly Asked[]): Partial<Record<Operation, number>> {
  const counts: Partial<Record<Operation, number>> = {};
  for (const { operation } of asked) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}
