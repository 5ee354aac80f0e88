/** A run on S3 behind an authenticating proxy, with a certificate that only AWS_CA_BUNDLE covers. */
import '../support/one-realm.ts';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateSparkify } from '../../scripts/sparkify/data.ts';
import { openStore } from '../../src/store/open.ts';
import { start, temporaryFolder } from '../support/landfall.ts';
import { listening } from '../support/loopback.ts';
import type { Listening } from '../support/loopback.ts';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { commandLines } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const fixture = (name: string) => join(import.meta.dirname, '../fixtures/tls', name);
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
const password = 'c%an@ary: x';
const authorization = `Basic ${Buffer.from(`steps:${password}`).toString('base64')}`;

let moto: Moto;
let server: Listening;
let proxy: Listening;
/** The user agents of the requests through the proxy; `refused` for those without credentials. */
const through: string[] = [];
/** Open tunnels: a server that stops waits for their end. */
const tunnels = new Set<Duplex>();

beforeAll(async () => {
  moto = await startMoto();
  for (const bucket of ['landed', 'raw']) await moto.createBucket(bucket);
  const raw = await openStore('s3://raw/sample', {
    endpoint: moto.endpoint,
    region: 'us-east-1',
    credentials,
  });
  for (const { path, text } of generateSparkify({ songs: 4, days: 1, eventsPerDay: 20 }).files)
    await raw.put(path, new TextEncoder().encode(text));
  server = await listening(
    createTlsServer(
      { key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('certificate.pem')) },
      (got, answer) => {
        through.push(got.headers['user-agent'] ?? '');
        const { method, url, headers } = got;
        const sent = ask(`${moto.endpoint}${url ?? ''}`, {
          method,
          headers: { ...headers, host: new URL(moto.endpoint).host },
        });
        sent.on('response', (from) => {
          answer.writeHead(from.statusCode ?? 500, from.headers);
          from.pipe(answer);
        });
        got.pipe(sent);
      },
    ),
  );
  proxy = await listening(
    createServer().on('connect', ({ url, headers }, client) => {
      if (headers['proxy-authorization'] !== authorization || url !== 's3.proxied.test:443') {
        through.push(`refused ${url ?? ''}`);
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
        return;
      }
      const behind = connect(Number(server.address.split(':')[1]), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        behind.pipe(client).pipe(behind);
      });
      for (const socket of [behind, client]) {
        tunnels.add(socket);
        socket.on('error', () => behind.destroy());
      }
    }),
  );
});
afterAll(async () => {
  for (const socket of tunnels) socket.destroy();
  await proxy.stop();
  await server.stop();
  await moto.stop();
  remove();
});

describe('a run on S3 behind a proxy', () => {
  it('succeeds: driver, endpoint and steps authenticate to it, and trust AWS_CA_BUNDLE', async () => {
    mkdirSync(cwd, { recursive: true });
    const config =
      '[LAKE]\npath = s3://landed/lake\n[INPUT]\nsong_data = s3://raw/sample/song_data\nlog_data = s3://raw/sample/log_data\n[S3]\nendpoint = https://s3.proxied.test\nregion = us-east-1\n';
    writeFileSync(join(cwd, 'dl.cfg'), config);
    const running = start(['submit', '--cluster', 'local'], {
      cwd,
      env: {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        HTTPS_PROXY: `http://steps:${encodeURIComponent(password)}@${proxy.address}`,
        AWS_CA_BUNDLE: fixture('certificate.pem'),
      },
    });
    const leaks: string[] = [];
    const looking = setInterval(() => leaks.push(...commandLines(password)), 300);
    const { code, stdout, stderr } = await running.ended;
    clearInterval(looking);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(leaks).toEqual([]);
    expect(stdout + stderr).not.toContain(encodeURIComponent(password));
    const by = (pattern: RegExp) => through.filter((agent) => pattern.test(agent)).length;
    expect(by(/aws-sdk-js/)).toBeGreaterThan(0);
    expect(by(/^Hadoop/)).toBeGreaterThan(0);
  }, 400_000);
});
