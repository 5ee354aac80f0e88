import { Sha256 } from '@aws-crypto/sha256-js';
import { ListClustersCommand } from '@aws-sdk/client-emr';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { client, credentials, region, world } from './world.ts';
import type { World } from './world.ts';

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here.end());

interface Call {
  body?: string;
  /** Sent instead of what was signed. */
  sentBody?: string | Buffer;
  headers?: Record<string, string>;
  /** Changed after signing. */
  sentHeaders?: Record<string, string | undefined>;
  key?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region?: string;
  service?: string;
  date?: Date;
  method?: string;
  path?: string;
  unsigned?: string;
}

interface Answer {
  status: number;
  type: string;
  message: string;
  headers: Record<string, unknown>;
}

/** A request as sent over the wire. */
interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer;
}

async function call(it: Call = {}): Promise<Answer> {
  return send(await signed(it));
}

async function signed(it: Call = {}): Promise<Sent> {
  const { port } = new URL(here.endpoint.url);
  const body = it.body ?? '{}';
  const signer = new SignatureV4({
    service: it.service ?? 'elasticmapreduce',
    region: it.region ?? region,
    credentials: it.key ?? credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const headers = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'ElasticMapReduce.ListClusters',
    ...it.headers,
  };
  const signed = await signer.sign(
    { method: 'POST', protocol: 'http:', hostname: '127.0.0.1', path: '/', headers, body },
    {
      signingDate: it.date ?? new Date(),
      unsignableHeaders: new Set(it.unsigned === undefined ? [] : [it.unsigned]),
    },
  );
  const sent = Object.entries({ ...signed.headers, ...it.sentHeaders });
  return {
    method: it.method ?? 'POST',
    path: it.path ?? '/',
    headers: Object.fromEntries(sent.filter(([, value]) => value !== undefined)) as Record<string, string>,
    body: it.sentBody ?? body,
  };
}

/** The bytes of a request, with additional headers at the end and some headers left out. */
async function bytes(it: Call, more: string[] = [], chunked = false): Promise<string> {
  const { method, path, headers, body } = await signed(it);
  const text = body.toString();
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...more,
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${text.length}`,
  ];
  const sent = chunked ? `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n` : text;
  return `${lines.join('\r\n')}\r\n\r\n${sent}`;
}

/** What arrives over one connection until `answers` answers have begun. */
function overOneConnection(text: string, answers: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(Number(new URL(here.endpoint.url).port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (part: string) => {
      heard += part;
      if (heard.split('HTTP/1.1 ').length > answers && heard.endsWith('}')) socket.destroy();
    });
    socket.on('close', () => resolve(heard));
  });
}

function send(it: Sent) {
  const { port } = new URL(here.endpoint.url);
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, ...it, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { __type: type = '', message = '' } = JSON.parse(text || '{}') as Record<string, string>;
        resolve({ status: response.statusCode ?? 0, type, message, headers: response.headers });
      });
    });
    request.on('error', reject);
    request.end(it.body);
  });
}

describe('a signature', () => {
  it('that is valid is accepted', async () => {
    const answer = await call();
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(answer.headers['x-amzn-requestid']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
  });

  it.each<[string, Call, string, RegExp]>([
    [
      'absent',
      { sentHeaders: { authorization: undefined } },
      'MissingAuthenticationTokenException',
      /^Missing/,
    ],
    [
      'of another kind',
      { sentHeaders: { authorization: 'Basic YTpi' } },
      'IncompleteSignatureException',
      /AWS4-HMAC/,
    ],
    [
      'half there',
      { sentHeaders: { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request' } },
      'IncompleteSignatureException',
      /'SignedHeaders'.*'Signature'/,
    ],
    [
      'by another key',
      { key: { accessKeyId: 'AKIAOTHER', secretAccessKey: credentials.secretAccessKey } },
      'UnrecognizedClientException',
      /security token/,
    ],
    [
      'by another secret',
      { key: { accessKeyId: credentials.accessKeyId, secretAccessKey: 'guess' } },
      'InvalidSignatureException',
      /does not match/,
    ],
    ['over another body', { sentBody: '{"Marker":"x"}' }, 'InvalidSignatureException', /does not match/],
    [
      'over a body hash that is not the hash of the body',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'InvalidSignatureException',
      /does not match/,
    ],
    [
      'over another target',
      { sentHeaders: { 'x-amz-target': 'ElasticMapReduce.TerminateJobFlows' } },
      'InvalidSignatureException',
      /does not match/,
    ],
    [
      'that leaves the target out',
      { unsigned: 'x-amz-target' },
      'InvalidSignatureException',
      /x-amz-target.*Signed/,
    ],
    [
      'that leaves the host out',
      { unsigned: 'host' },
      'InvalidSignatureException',
      /'host' must be a 'SignedHeader'/,
    ],
    [
      'for another service',
      { service: 's3' },
      'InvalidSignatureException',
      /correct service: 'elasticmapreduce'/,
    ],
    ['for another region', { region: 'eu-west-1' }, 'InvalidSignatureException', /region/],
    [
      'of six minutes ago',
      { date: new Date(Date.now() - 6 * 60_000) },
      'InvalidSignatureException',
      /^Signature expired: \d{8}T\d{6}Z is now earlier than/,
    ],
    [
      'of six minutes hence',
      { date: new Date(Date.now() + 6 * 60_000) },
      'InvalidSignatureException',
      /^Signature not yet current/,
    ],
    [
      'with a session token we never gave',
      { sentHeaders: { 'x-amz-security-token': 'x' } },
      'InvalidSignatureException',
      /x-amz-security-token/,
    ],
    [
      'without a date',
      { sentHeaders: { 'x-amz-date': undefined } },
      'IncompleteSignatureException',
      /X-Amz-Date/,
    ],
  ])('%s is refused', async (_, it, type, message) => {
    const answer = await call(it);
    expect([answer.status, answer.type]).toEqual([400, type]);
    expect(answer.message).toMatch(message);
  });

  it('with the token of other credentials beside our key is accepted: it may stand in the environment', async () => {
    expect((await call({ key: { ...credentials, sessionToken: 'of another account' } })).status).toBe(200);
  });

  it('in the query, as in presigned URLs, is refused', async () => {
    const answer = await call({
      method: 'GET',
      path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a',
      sentBody: '',
    });
    expect([answer.status, answer.message]).toEqual([
      404,
      expect.stringContaining('signed in their headers'),
    ]);
  });

  it('is accepted when it is four minutes old', async () => {
    expect((await call({ date: new Date(Date.now() - 4 * 60_000) })).status).toBe(200);
  });

  it('never makes an error repeat the secret', async () => {
    const key = { accessKeyId: credentials.accessKeyId, secretAccessKey: 'wrong' };
    expect(JSON.stringify(await call({ key }))).not.toContain(credentials.secretAccessKey);
  });
});

describe('a request', () => {
  it.each(['evil.example:80', 'localhost', '127.0.0.1', '[::1]:1'])(
    'to Host %s is refused before its signature is checked',
    async (host) => {
      const answer = await call({ headers: { host }, sentHeaders: { host } });
      expect([answer.status, answer.type]).toEqual([403, 'AccessDeniedException']);
    },
  );

  it('to localhost with our port is accepted', async () => {
    expect(
      (await call({ headers: { host: new URL(here.endpoint.url).host.replace('127.0.0.1', 'localhost') } }))
        .status,
    ).toBe(200);
  });

  it('that is too large is refused, whether or not it says so, and the endpoint lives on', async () => {
    const sentBody = Buffer.alloc(9 * 1024 * 1024, 'a');
    for (const length of [
      { 'transfer-encoding': 'chunked' },
      { 'content-length': String(sentBody.length) },
    ]) {
      const answer = await call({ sentBody, sentHeaders: length });
      expect([answer.status, answer.type]).toEqual([413, 'RequestEntityTooLargeException']);
    }
    expect((await call()).status).toBe(200);
  });

  it.each(['Host: evil.example', 'Authorization: AWS4-HMAC-SHA256 x', 'Content-Type: text/plain'])(
    'with a second header %s is refused',
    async (header) => {
      expect(await overOneConnection(await bytes({}, [header]), 1)).toMatch(
        /^HTTP\/1.1 400 [^]*appears twice/,
      );
    },
  );

  it.each(['text/plain', 'application/json', 'application/x-amz-json-1.0'])(
    'of type %s, which a web page may send to any server, is refused',
    async (type) => {
      const answer = await call({ headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 400, type: 'SerializationException' });
    },
  );

  it('with a character set is accepted', async () => {
    const type = 'application/x-amz-json-1.1; charset=utf-8';
    expect((await call({ headers: { 'content-type': type } })).status).toBe(200);
  });

  it('of a browser that asks for CORS permission is refused', async () => {
    const { status, headers } = await call({
      method: 'OPTIONS',
      sentBody: '',
      sentHeaders: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(404);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('may arrive in chunks, and pipelined with others: all are answered in order', async () => {
    const texts = [
      await bytes({ body: '{"Marker":"no"}' }),
      await bytes({}, [], true),
      await bytes({ body: '{"ClusterStates":["NONE"]}' }),
    ];
    const heard = await overOneConnection(texts.join(''), 3);
    expect(heard.match(/HTTP\/1.1 \d+|"(__type|Clusters)":("\w+")?/g)).toEqual([
      'HTTP/1.1 400',
      '"__type":"InvalidRequestException"',
      'HTTP/1.1 200',
      '"Clusters":',
      'HTTP/1.1 400',
      '"__type":"ValidationException"',
    ]);
  });

  it('whose sender disconnects before the body is not a failure', async () => {
    const text = await bytes({});
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(here.endpoint.url).port), '127.0.0.1', () =>
        socket.write(text.replace('Content-Length: 2', 'Content-Length: 200'), () => socket.destroy()),
      );
      socket.on('close', () => resolve());
    });
    expect((await call()).status).toBe(200);
    expect(here.warnings).toEqual([]);
  });

  it.each([
    '{',
    '[]',
    '"x"',
    '7',
    '{"a":1}x',
    '['.repeat(200_000),
    `{"Unknown":${'['.repeat(101)}${']'.repeat(101)}}`,
    `{"a":${'{"a":'.repeat(900_000)}1${'}'.repeat(900_000)}}`,
    Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'),
  ])('whose body is not a JSON object is refused', async (body) => {
    expect(await call({ body })).toMatchObject({ status: 400, type: 'SerializationException' });
  });

  it.each([
    [{ method: 'GET', sentBody: '' }, 404],
    [{ path: '/clusters' }, 404],
    [{ headers: { 'x-amz-target': 'DynamoDB.ListTables' } }, 400],
  ] as [Call, number][])('for another path or method is refused: %j', async (it, status) => {
    expect(await call(it)).toMatchObject({ status, type: 'UnknownOperationException' });
  });

  it.each(['CreateStudio', 'constructor', 'AddInstanceGroups'])(
    'for %s is refused with the name of what is not emulated',
    async (name) => {
      const answer = await call({ headers: { 'x-amz-target': `ElasticMapReduce.${name}` } });
      expect(answer.type).toBe('ValidationException');
      expect(answer.message).toBe(`This local EMR endpoint does not emulate the operation ${name}.`);
    },
  );

  it('whose member has an unprintable type is refused like any other', async () => {
    const answer = await call({ body: '{"ClusterStates":[{"toString":1,"valueOf":1}]}' });
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
    expect(here.warnings).toEqual([]);
  });

  it('whose member has the wrong type is refused with the member’s name', async () => {
    const answer = await call({ body: '{"ClusterStates":["RUNNING","RESTING"]}' });
    expect(answer.message).toMatch(/Value 'RESTING' at 'clusterStates.2.member' failed.*\[STARTING, /);
    expect(await call({ body: '{"CreatedAfter":"now"}' })).toMatchObject({ type: 'SerializationException' });
  });
});

describe('the endpoint', () => {
  it('listens on 127.0.0.1 and nowhere else', async () => {
    const { port } = new URL(here.endpoint.url);
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = others.filter((it) => it.family === 'IPv4' && !it.internal).map((it) => it.address);
    for (const host of [...addresses, '127.0.0.2']) {
      await expect(
        new Promise((resolve, reject) => {
          const socket = connect(Number(port), host, () => {
            socket.destroy();
            resolve(host);
          });
          socket.on('error', reject);
        }),
      ).rejects.toThrow(/ECONNREFUSED/);
    }
  });

  it('names a port that is in use and the next move', async () => {
    const port = Number(new URL(here.endpoint.url).port);
    await expect(world({ port })).rejects.toMatchObject({
      fault: 'input',
      message: `port ${port} on 127.0.0.1 is already in use`,
      next: expect.stringContaining('--port 0'),
    });
  });

  it('lets a client with a wrong clock correct itself', async () => {
    here.clock.set(20 * 60_000);
    const late = client(here.endpoint.url, 2);
    expect((await late.send(new ListClustersCommand({}))).Clusters).toEqual([]);
    late.destroy();
    here.clock.set(-20 * 60_000);
  });
});

describe('the idle watch', () => {
  it('calls once after the time without requests, but not while a cluster is alive', async () => {
    let calls = 0;
    const quiet = await world({ idleExitSeconds: 60, onIdle: () => (calls += 1) });
    try {
      quiet.clock.jump(59_000);
      await quiet.emr.send(new ListClustersCommand({}));
      quiet.clock.jump(59_000);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(calls).toBe(0);
      quiet.clock.jump(2_000);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(calls).toBe(1);
    } finally {
      await quiet.end();
    }
  });
});
