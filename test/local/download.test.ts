import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { download } from '../../src/local/download.ts';
import { runCommand } from '../../src/local/run-command.ts';
import { listening } from '../support/loopback.ts';
import type { Listening } from '../support/loopback.ts';
import { testPython } from '../support/python.ts';
import { clock } from './fakes.ts';
import { LandfallError } from '../../src/faults.ts';

const body = Buffer.alloc(300_000, 'jar of jars ');
const sha256 = createHash('sha256').update(body).digest('hex');

let folder: string;
let server: Listening;
let secure: Listening | undefined;
let ranges: (string | undefined)[];
/** The server closes the connection after this many bytes of each answer. */
let breakAfter = Infinity;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfall download '));
  ranges = [];
  breakAfter = Infinity;
  const http = createServer((request, response) => {
    ranges.push(request.headers.range);
    if (request.url !== '/a.jar') return response.writeHead(404).end();
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = body.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length });
    if (rest.length <= breakAfter) return response.end(rest);
    return response.write(rest.subarray(0, breakAfter), () => response.destroy());
  });
  server = await listening(http);
});
afterEach(async () => {
  await server.stop();
  await secure?.stop();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, 'deep', 'a.jar');
const get = (name: string, sum = sha256) => {
  const url = `http://${server.address}/${name}`;
  const env = { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
  const tools = { python: testPython(), run: runCommand, env, clock, progress: () => undefined };
  return download({ url, path: path(), sha256: sum, bytes: body.length }, tools);
};

describe('a download', () => {
  it('is fetched completely, once', async () => {
    await get('a.jar');
    await get('a.jar');
    expect(readFileSync(path()).equals(body)).toBe(true);
    expect(ranges).toEqual([undefined]);
  });

  it('continues where it was interrupted', async () => {
    breakAfter = 120_000;
    await get('a.jar');
    expect(readFileSync(path()).equals(body)).toBe(true);
    expect(ranges).toHaveLength(3);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
  });

  it('of a wrong file is discarded', async () => {
    await expect(get('a.jar', '0'.repeat(64))).rejects.toThrow('has the wrong checksum');
    expect([existsSync(path()), existsSync(`${path()}.part`)]).toEqual([false, false]);
  });

  it('that fails says why, and what to do', async () => {
    const error: unknown = await get('b.jar').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LandfallError);
    expect((error as LandfallError).why[0]).toContain('404');
    expect((error as LandfallError).next).toContain('LANDFALL_MAVEN');
  });

  it('trusts the certificate authorities configured for pip and OpenSSL', async () => {
    const tls = (file: string) => join(import.meta.dirname, '../fixtures/tls', file);
    const pair = { key: readFileSync(tls('key.pem')), cert: readFileSync(tls('certificate.pem')) };
    const { address } = (secure = await listening(
      createTlsServer(pair, (_, response) => response.end(body)),
    ));
    const from = (trusting: Record<string, string>) => {
      const env = { PATH: process.env['PATH'], NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...trusting };
      const tools = { python: testPython(), run: runCommand, env, clock, progress: () => undefined };
      const url = `https://${address}/a.jar`;
      return download({ url, path: path(), sha256, bytes: body.length }, tools);
    };
    const refusal: unknown = await from({}).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ why: [expect.stringContaining('CERTIFICATE_VERIFY_FAILED')] });
    for (const name of ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']) {
      await from({ [name]: tls('certificate.pem') });
      expect(readFileSync(path()).equals(body)).toBe(true);
      rmSync(path());
    }
  });

  it('starts again if the part on disk is longer than the file', async () => {
    await get('a.jar');
    rmSync(path());
    writeFileSync(`${path()}.part`, Buffer.alloc(body.length + 1));
    await get('a.jar');
    expect(readFileSync(path()).equals(body)).toBe(true);
  });
});
