/** Damages that only a lake in S3 can have: names that no file system allows, and false answers. */
import type { ServerResponse } from 'node:http';
import { contents, refuse, xml } from '../support/memory-s3.ts';
import type { Answering, MemoryS3, S3Request, StoredObject } from '../support/memory-s3.ts';

export interface S3Damage {
  name: string;
  /** The run on which verbs are tried. */
  run: string;
  inflict: (s3: MemoryS3) => void;
}

const ROOT = 'lake/root';
const JOURNAL = '_landfall/runs/third/journal';

/** Names below the lake's prefix. */
const NAMES: readonly string[] = [
  '',
  '_landfall/runs/../../../outside/journal/000001.json',
  '_landfall/runs/../journal/000001.json',
  '_landfall/runs/./journal/000001.json',
  '_landfall/runs//journal/000001.json',
  '_landfall//runs/third/journal/000001.json',
  '/_landfall/runs/third/journal/000001.json',
  `${JOURNAL}//000099.json`,
  `${JOURNAL}/../../second/journal/000099.json`,
  `${JOURNAL}/000001.json/x`,
  `${JOURNAL}/000001.json/`,
  `${JOURNAL}/`,
  JOURNAL,
  '_landfall/runs/third',
  '_landfall/runs/third/',
  '_landfall/runs/',
  '_landfall/published/',
  '_landfall/published/000002.json/000003.json',
  '_landfall/published/../published/000009.json',
  '_landfall/published//000005.json',
  '_landfall\\runs\\third\\journal\\000001.json',
  '_landfall/runs/..\\..\\outside/journal/000001.json',
  '_landfall/runs/a\u0001b/journal/000001.json',
  '_landfall/runs/a\r\nnext: landfall gc --yes/journal/000001.json',
  '_landfall/runs/\u009b2J\u202e\ufffe/journal/000001.json',
  '_landfall/runs/a\0b/journal/000001.json',
  `_landfall/runs/${'n'.repeat(900)}/journal/000001.json`,
  '_landfall/logs/../runs/third/owner.json',
  'songs',
  'songs/',
  'songs//',
  'songs/../songs/second-4-part-00000-u.zstd.parquet',
  'songs/year=2017/../../../outside/second-4-part-00000-u.zstd.parquet',
  'songs/year=2017//second-4-part-00000-u.zstd.parquet',
  'songs/year=2017/second-4-part-00000-u.zstd.parquet/x',
  'songs/year=2017_$folder$',
  '../outside/keep.txt',
];

const planted = NAMES.flatMap((name): S3Damage[] =>
  ['{}', ''].map((body) => ({
    name: `an object named ${JSON.stringify(name.slice(0, 80))}${body === '' ? ', which is empty' : ''}`,
    run: 'third',
    inflict: ({ put }) => put(`${ROOT}/${name}`, body),
  })),
);

/** Many objects in one place. */
const crowded = (count: number): S3Damage[] =>
  [
    (n: string) => `_landfall/runs/r${n}/journal/000001.json`,
    (n: string) => `_landfall/published/9${n}.json`,
    (n: string) => `${JOURNAL}/9${n}.json`,
    (n: string) => `_landfall/published/x${n}`,
  ].map((keyOf) => ({
    name: `${count} objects such as ${keyOf('00001')}`,
    run: 'third',
    inflict: ({ put }) => {
      for (let n = 0; n < count; n += 1) put(`${ROOT}/${keyOf(String(n).padStart(5, '0'))}`, '{}');
    },
  }));

/** Changes the answers for one object, or for lists of the lake. */
type Spoil = (request: S3Request, response: ServerResponse, s3: MemoryS3) => boolean;

const KINDS: Readonly<Record<string, RegExp>> = {
  'the plan of a run': /runs\/third\/journal\/000001\.json$/,
  'an entry of a journal': /runs\/third\/journal\/000005\.json$/,
  'the lease of a run': /runs\/third\/owner\.json$/,
  'the manifest of a run': /runs\/third\/inputs\.json\.gz$/,
  'a report': /runs\/third\/.*report\.json$/,
  'a data file': /\/delta\/(?!quarantine).*\.parquet$/,
  'a rejected line’s file': /delta\/quarantine\/third\..*\.parquet$/,
  'a program': /runs\/third\/.*step\.py$/,
  'the newest publication': /published\/000004\.json$/,
  'an older publication': /published\/000001\.json$/,
  'a copy at a plain path': /root\/songs\/.*\.parquet$/,
  'a log': /_landfall\/logs\/.*\.gz$/,
};

const READS: Readonly<Record<string, Spoil>> = {
  'is denied': (_, response) => (refuse(response, 403, 'AccessDenied'), true),
  'is archived': (_, response) => (refuse(response, 403, 'InvalidObjectState'), true),
  'is listed, and not there': (_, response) => (refuse(response, 404, 'NoSuchKey'), true),
  'is answered with 400 and no XML': (_, response) => (response.writeHead(400).end('no'), true),
  'is answered with 204': (_, response) => (response.writeHead(204).end(), true),
  'has five billion bytes': ({ method }, response) => {
    response.writeHead(200, { 'content-length': 5e9, etag: '"e"' });
    if (method === 'HEAD') response.end();
    else response.write('{"version":1');
    return true;
  },
  'has a length of 1e99': (_, response) => {
    response.writeHead(200, { 'content-length': '9'.repeat(30), etag: '"e"' }).end('{}');
    return true;
  },
  'breaks off': (_, response) => {
    response.writeHead(200, { 'content-length': 100, etag: '"e"' });
    response.write('{"version":1', () => response.destroy());
    return true;
  },
  'announces less than it has': ({ method, bucket, key }, response, { objects }) => {
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    response.writeHead(200, { 'content-length': Math.floor(body.length / 2), etag: '"e"' });
    response.end(method === 'HEAD' ? undefined : body.subarray(0, Math.floor(body.length / 2)));
    return true;
  },
  'is whole whatever range is asked for': ({ method, bucket, key }, response, { objects }) => {
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    response.writeHead(200, { 'content-length': body.length, etag: '"e"' });
    response.end(method === 'HEAD' ? undefined : body);
    return true;
  },
  'never ends where a range is asked for': ({ method, headers }, response) => {
    if (method !== 'GET' || headers.range === undefined) return false;
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1_000_000))) continue;
    };
    response.on('drain', more).writeHead(206, { etag: '"e"' });
    more();
    return true;
  },
  'comes slowly': ({ method, bucket, key }, response, { objects }) => {
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    response.writeHead(200, { 'content-length': body.length, etag: '"e"' });
    if (method === 'HEAD') return (response.end(), true);
    response.write(body.subarray(0, 1));
    setTimeout(() => response.end(body.subarray(1)), 300);
    return true;
  },
  'has another etag each time': ({ method, bucket, key, headers }, response, { objects }) => {
    if (headers['if-match'] !== undefined) return (refuse(response, 412, 'PreconditionFailed'), true);
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    const head = { 'content-length': body.length, etag: `"${String(Math.random())}"` };
    response.writeHead(200, head).end(method === 'HEAD' ? undefined : body);
    return true;
  },
  'has no etag and no date': ({ method, bucket, key }, response, { objects }) => {
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    response.sendDate = false;
    response.writeHead(200, { 'content-length': body.length }).end(method === 'HEAD' ? undefined : body);
    return true;
  },
  'was changed at no time': ({ method, bucket, key }, response, { objects }) => {
    const body = objects.get(`${bucket}/${key}`)?.body ?? Buffer.alloc(0);
    const head = { 'content-length': body.length, 'last-modified': 'never', etag: '"e"' };
    response.writeHead(200, head).end(method === 'HEAD' ? undefined : body);
    return true;
  },
};

const damageAnswers = (like: RegExp, spoil: Spoil, s3: MemoryS3): Answering => {
  return (request, response) =>
    ['GET', 'HEAD'].includes(request.method) &&
    request.key !== '' &&
    like.test(`/${request.key}`) &&
    spoil(request, response, s3);
};

const reads = Object.entries(KINDS).flatMap(([what, like]) =>
  Object.entries(READS).map(([how, spoil]): S3Damage => ({
    name: `${what} ${how}`,
    run: 'third',
    inflict: (s3) => {
      s3.answer = damageAnswers(like, spoil, s3);
    },
  })),
);

const list = (inside: string) =>
  `<ListBucketResult><EncodingType>url</EncodingType>${inside}</ListBucketResult>`;
const DAY = new Date(1_795_000_000_000);
const object = (body: string): StoredObject => ({ body: Buffer.from(body), etag: 'e', modified: DAY });
const forged = (key: string, size?: number) =>
  contents(key, object('{}'), size === undefined ? {} : { size });
const WHOLE = '<IsTruncated>false</IsTruncated>';

/** The answer to a list request of the lake; `prefix` is that of the request. */
const LISTS: Readonly<Record<string, (prefix: string) => string>> = {
  'names objects that lie elsewhere': () => list(`${WHOLE}${forged('other/secret.json')}`),
  'names objects above it': (prefix) => list(`${WHOLE}${forged(`${prefix}../../outside/keep.txt`)}`),
  'names the same object often': (prefix) => list(WHOLE + forged(`${prefix}000001.json`).repeat(3)),
  'names objects that are not there': (prefix) => list(`${WHOLE}${forged(`${prefix}000002.json`)}`),
  'names objects without a name': () => list(`${WHOLE}<Contents><Size>1</Size></Contents>`),
  'tells sizes that are none': (prefix) => list(WHOLE + forged(`${prefix}x`).replace('>2<', '>many<')),
  'tells sizes below nothing': (prefix) => list(`${WHOLE}${forged(`${prefix}x`, -5)}`),
  'tells sizes of five billion': (prefix) => list(`${WHOLE}${forged(`${prefix}part-0.parquet`, 5e9)}`),
  'tells dates that are none': (prefix) =>
    list(WHOLE + forged(`${prefix}x`).replace(DAY.toISOString(), 'yesterday')),
  'tells dates far ahead': (prefix) =>
    list(WHOLE + forged(`${prefix}x`).replace(DAY.toISOString(), '9999-12-31T23:59:59.000Z')),
  'goes on for ever': (prefix) =>
    list(
      `<IsTruncated>true</IsTruncated><NextContinuationToken>${Math.random()}</NextContinuationToken>${forged(`${prefix}x`)}`,
    ),
  'goes on from where it was': () =>
    list('<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'),
  'is named in a code that is none': () => list(`${WHOLE}<Contents><Key>root/%E0%A4%A</Key></Contents>`),
  'is a page of a sign-in': () => '<html><body><form action="/login"></form></body></html>',
  'is not XML': () => '{"hello": [1, 2, <<<',
  'is empty': () => '',
  'breaks off': () => '<ListBucketResult><Contents><Key>roo',
  'holds entities that grow': () =>
    `<!DOCTYPE l [<!ENTITY a "${'x'.repeat(1000)}">${'bcdefgh'.replace(/./g, (c) => `<!ENTITY ${c} "${`&${String.fromCharCode(c.charCodeAt(0) - 1)};`.repeat(10)}">`)}]><ListBucketResult><Name>&h;</Name></ListBucketResult>`,
};

const lists = Object.entries(LISTS).map(([how, answerOf]): S3Damage => ({
  name: `a list ${how}`,
  run: 'third',
  inflict: (s3) => {
    s3.answer = ({ key, query }, response) => {
      if (key !== '' || !query.has('list-type')) return false;
      xml(response, 200, answerOf(query.get('prefix') ?? ''));
      return true;
    };
  },
}));

const denied: S3Damage[] = [
  ['listing', ({ key, query }: S3Request) => key === '' && query.has('list-type')] as const,
  ['writing', ({ method, key }: S3Request) => method === 'PUT' && key !== ''] as const,
  ['deleting', ({ method, query }: S3Request) => method === 'DELETE' || query.has('delete')] as const,
  ['copying', ({ headers }: S3Request) => headers['x-amz-copy-source'] !== undefined] as const,
].map(([what, isMeant]) => ({
  name: `${what} is denied`,
  run: 'third',
  inflict: (s3) => {
    s3.answer = (request, response) => isMeant(request) && (refuse(response, 403, 'AccessDenied'), true);
  },
}));

/** Every damage; `count`: the number of objects in one place. */
export const s3Damages = (count: number): S3Damage[] => [
  ...planted,
  ...crowded(count),
  ...reads,
  ...lists,
  ...denied,
];
