/** EMR and S3 behind a broken network: the cause is reported, and nothing is created. */
import '../support/one-realm.ts';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEmr } from '../../src/emr/emr.ts';
import type { LandfallError } from '../../src/faults.ts';
import type { Emr } from '../../src/run/ports.ts';
import { openS3 } from '../../src/store/s3.ts';
import type { Store } from '../../src/store/store.ts';
import { clientsOf, launchSettings } from '../support/emr-clients.ts';
import { listening } from '../support/loopback.ts';

const tls = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/tls', name));
let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

type Way = 'no such name' | 'nobody listens' | 'a certificate nobody vouches for' | 'a proxy';

/** An address of that kind, and the number of requests answered there. */
async function address(way: Way): Promise<{ url: string; answered: () => number }> {
  if (way === 'no such name') return { url: 'http://no-such-host.invalid', answered: () => 0 };
  if (way === 'nobody listens') return { url: 'http://127.0.0.1:1', answered: () => 0 };
  let answered = 0;
  const proxy: RequestListener = (_, response) => {
    answered += 1;
    response.writeHead(407, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>');
  };
  const secure = way !== 'a proxy';
  const server = secure
    ? createTlsServer({ key: tls('key.pem'), cert: tls('certificate.pem') }, proxy)
    : createServer(proxy);
  const { address, stop } = await listening(server);
  ends.push(stop);
  return { url: `${secure ? 'https' : 'http'}://${address}`, answered: () => answered };
}

async function emrAt(url: string): Promise<Emr> {
  const clients = await clientsOf(url);
  ends.push(clients.destroy);
  return createEmr(clients, { launch: launchSettings });
}

function s3At(endpoint: string): Store {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return openS3({ bucket: 'lake', prefix: '' }, { endpoint, credentials, maxAttempts: 1 }, {});
}

const why = (error: unknown) => (error as LandfallError).why.join('\n');
const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const ways: [Way, { retryable: boolean; emr: RegExp; s3: RegExp; cause: RegExp }][] = [
  [
    'no such name',
    { retryable: true, emr: /no usable answer/, s3: /could not be reached/, cause: /ENOTFOUND|EAI_AGAIN/ },
  ],
  [
    'nobody listens',
    { retryable: true, emr: /no usable answer/, s3: /could not be reached/, cause: /ECONNREFUSED/ },
  ],
  [
    'a certificate nobody vouches for',
    {
      retryable: false,
      emr: /no usable answer/,
      s3: /TLS certificate of S3 was rejected/,
      cause: /self-signed certificate/,
    },
  ],
  [
    'a proxy',
    {
      retryable: false,
      emr: /no usable answer/,
      s3: /a proxy asked for a sign-in/,
      cause: /HTTP 407/,
    },
  ],
];

describe.each(ways)('%s, where EMR should be', (way, { retryable, emr: message, cause }) => {
  it('is reported with its cause by a read', async () => {
    const { url } = await address(way);
    const error = await thrown((await emrAt(url)).describeCluster('j-1'));
    expect(error).toMatchObject({ fault: 'unreachable', retryable, message: expect.stringMatching(message) });
    expect(why(error)).toMatch(cause);
  });

  it('never makes a launch ambiguous: it was not sent, or was refused', async () => {
    const { url, answered } = await address(way);
    const emr = await emrAt(url);
    if (retryable) {
      expect(await emr.runJobFlow('t')).toMatchObject({
        kind: 'unsent',
        reason: expect.stringMatching(cause),
      });
    } else {
      const error = await thrown(emr.runJobFlow('t'));
      expect(error).toMatchObject({ fault: 'unreachable', retryable: false });
      expect(why(error)).toMatch(cause);
    }
    expect(answered()).toBe(way === 'a proxy' ? 1 : 0);
  });
});

describe.each(ways)('%s, where S3 should be', (way, { retryable, s3: message, cause }) => {
  it('is reported with its cause, the operation and the object', async () => {
    const { url } = await address(way);
    const error = await thrown(s3At(url).put('a', new Uint8Array([1])));
    expect(error).toMatchObject({ fault: 'unreachable', retryable, message: expect.stringMatching(message) });
    expect((error as LandfallError).message).toContain('s3:PutObject on s3://lake/a');
    expect(why(error)).toMatch(cause);
  });
});
