/** The SDK's clients behind a proxy, and with a server whose certificate only AWS_CA_BUNDLE covers. */
import '../support/one-realm.ts';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { proxyFor } from '../../src/store/request-handler.ts';
import { openS3 } from '../../src/store/s3.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { listening } from '../support/loopback.ts';
import type { Listening } from '../support/loopback.ts';

const bundle = join(import.meta.dirname, '../fixtures/tls/certificate.pem');
const tls = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/tls', name));
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-canary' };
const heard: { connect: string; authorization: string | undefined }[] = [];
let proxy: Listening;
let tlsProxy: Listening;
let server: Listening;

function recordRequest({ url = '', headers }: IncomingMessage): void {
  heard.push({ connect: url, authorization: headers['proxy-authorization'] });
}

/** Every name resolves to the same server. */
function tunnelled(request: IncomingMessage, client: Duplex): void {
  recordRequest(request);
  const port = Number(server.address.split(':')[1]);
  const behind = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    behind.pipe(client).pipe(behind);
  });
  for (const socket of [behind, client]) socket.on('error', () => behind.destroy());
}

function forwarded(request: IncomingMessage, response: ServerResponse): void {
  recordRequest(request);
  response.writeHead(404).end();
}

beforeAll(async () => {
  const secure = createTlsServer({ key: tls('key.pem'), cert: tls('certificate.pem') }, (_, response) =>
    response.writeHead(404, { 'content-type': 'application/x-amz-json-1.1' }).end('{}'),
  );
  server = await listening(secure);
  proxy = await listening(createServer(forwarded).on('connect', tunnelled));
  const pair = { key: tls('key.pem'), cert: tls('certificate.pem') };
  tlsProxy = await listening(createTlsServer(pair).on('connect', tunnelled));
});
beforeEach(() => {
  heard.splice(0);
});
afterAll(async () => {
  await proxy.stop();
  await tlsProxy.stop();
  await server.stop();
});

/** A request for a missing object, and its outcome. */
const asked = (endpoint: string, env: Record<string, string>) =>
  openS3({ bucket: 'lake', prefix: '' }, { endpoint, credentials, maxAttempts: 1 }, env)
    .head('key')
    .then(
      () => 'answered',
      (error: unknown) => error,
    );
const through = () => ({ HTTPS_PROXY: `http://user:p%40ss@${proxy.address}`, AWS_CA_BUNDLE: bundle });

describe('a proxy', () => {
  it('gets requests to other hosts, with its credentials; AWS_CA_BUNDLE covers the server behind it', async () => {
    // The proxy connects every name to one server, whose certificate is for localhost: the refusal proves the check.
    const error = await asked('https://s3.example.test', through());
    expect(heard[0]).toEqual({
      connect: 's3.example.test:443',
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    });
    expect(error).toMatchObject({ why: [expect.stringMatching(/altnames|Hostname/)] });
  });

  it('may itself use TLS, covered by AWS_CA_BUNDLE', async () => {
    const env = { HTTPS_PROXY: `https://user:pass@${tlsProxy.address}`, AWS_CA_BUNDLE: bundle };
    expect(await asked('https://s3.proxied.test', env)).toBe('answered');
    expect(heard.map(({ connect: name }) => name)).toEqual(['s3.proxied.test:443']);
    heard.splice(0);
    const distrusted = await asked('https://s3.proxied.test', { HTTPS_PROXY: env.HTTPS_PROXY });
    expect(distrusted).toMatchObject({ fault: 'unreachable' });
    expect(heard).toEqual([]);
  });

  it('named by HTTP_PROXY gets requests to an endpoint without TLS', async () => {
    const env = { HTTP_PROXY: `http://user:pass@${proxy.address}`, HTTPS_PROXY: 'http://127.0.0.1:1' };
    expect(await asked('http://s3.example.test', env)).toBe('answered');
    expect(heard[0]).toEqual({
      connect: expect.stringMatching(/^http:\/\/s3\.example\.test(:80)?\/lake\/key/),
      authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
    });
  });

  it('is not used for hosts in NO_PROXY or for this machine', async () => {
    await asked('https://s3.example.invalid', { ...through(), NO_PROXY: 'example.invalid' });
    expect(await asked(`https://${server.address}`, through())).toBe('answered');
    expect(heard).toEqual([]);
  });

  it('is used for EMR too', async () => {
    const clients = await createEmrClients(
      { endpoint: 'https://emr.example.test', region: 'us-east-1', credentials },
      through(),
    );
    await createEmr(clients, { launch: launchSettings })
      .listSteps('j-1')
      .catch(() => undefined);
    clients.destroy();
    expect(heard[0]?.connect).toBe('emr.example.test:443');
  });

  it.each([
    ['*', 'a.example.com', 443, true],
    ['example.com', 'a.example.com', 443, true],
    ['.example.com', 'a.example.com', 443, true],
    ['*.example.com', 'a.example.com', 443, true],
    ['other.org, a.example.com', 'a.example.com', 443, true],
    ['a.example.com:9000', 'a.example.com', 9000, true],
    ['a.example.com:9000', 'a.example.com', 443, false],
    ['ample.com', 'a.example.com', 443, false],
    ['', 'a.example.com', 443, false],
    ['', '127.0.0.1', 443, true],
    ['', 'localhost', 443, true],
  ])('with NO_PROXY=%s is bypassed for %s:%i: %s', (list, hostname, port, direct) => {
    const env = { https_proxy: 'proxy.example.com:3128', no_proxy: list };
    const found = proxyFor(env, { protocol: 'https:', hostname, port })?.href;
    expect(found).toBe(direct ? undefined : 'http://proxy.example.com:3128/');
  });

  it.each(['socks5://user:secret@proxy:1080', 'http://user:secret%zz@proxy:1080'])(
    'with an invalid address is refused, without showing its credentials',
    (address) => {
      const env = { HTTPS_PROXY: address };
      const open = () => openS3({ bucket: 'lake', prefix: '' }, { credentials }, env);
      expect(open).toThrow(/^HTTPS_PROXY is not the address of an HTTP proxy$/);
    },
  );
});

describe('AWS_CA_BUNDLE', () => {
  it('is named if a certificate is refused', async () => {
    const error = await asked(`https://${server.address}`, {});
    expect(error).toMatchObject({ fault: 'unreachable', next: expect.stringContaining('AWS_CA_BUNDLE') });
  });

  it('that cannot be read is invalid configuration', () => {
    const open = () => openS3({ bucket: 'lake', prefix: '' }, { credentials }, { AWS_CA_BUNDLE: '/no/file' });
    expect(open).toThrow('AWS_CA_BUNDLE names a file that cannot be read: /no/file');
  });
});
