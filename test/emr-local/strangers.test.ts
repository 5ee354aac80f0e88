/** Many connections of strangers, which must use up neither the endpoint's memory nor its time. */
import { ListClustersCommand } from '@aws-sdk/client-emr';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { client } from './world.ts';

let folder: string;
let endpoint: ChildProcess;
let url: string;
const strangers: Socket[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-strangers-'));
  const program = join(import.meta.dirname, 'endpoint-process.ts');
  endpoint = spawn(process.execPath, ['--import', 'tsx', program, join(folder, 'state')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  url = await new Promise((heard) =>
    endpoint.stdout?.once('data', (text: Buffer) => heard(text.toString().trim())),
  );
});
afterEach(() => {
  for (const socket of strangers.splice(0)) socket.destroy();
});
afterAll(() => {
  endpoint.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** The memory of the endpoint, in megabytes. */
const memory = () =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(endpoint.pid)], { encoding: 'utf8' })) / 1024;

/** Sends `text` over a new connection, and leaves it open. */
async function stranger(text: string | Buffer): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  strangers.push(socket.resume());
  await new Promise<void>((done) => {
    socket.on('error', () => done()).on('close', () => done());
    socket.write(text, () => done());
  });
}

const head = (more: string) =>
  `POST / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: application/x-amz-json-1.1\r\n${more}\r\n`;
const PIECE = Buffer.alloc(1536 * 1024, 'a');
const KEY =
  'Authorization: AWS4-HMAC-SHA256 Credential=AKIAGUESS/20261121/us-west-2/elasticmapreduce/aws4_request';
const LENGTH = 'Content-Length: 8000000\r\n';

/** How long a signed request takes. */
async function askSigned(): Promise<number> {
  const emr = client(url);
  const started = performance.now();
  await emr.send(new ListClustersCommand({}));
  emr.destroy();
  return performance.now() - started;
}

describe('three hundred connections of strangers', () => {
  it.each([
    ['with a body of eight megabytes that never ends, and no signature', () => head(LENGTH)],
    [
      'with such a body, signed by a key that is not ours',
      () =>
        head(
          `${LENGTH}${KEY}, SignedHeaders=host;x-amz-date, Signature=00\r\nX-Amz-Date: 20261121T093000Z\r\n`,
        ),
    ],
    ['whose headers never end', () => head('').slice(0, -2)],
  ])('%s do not block a client with the key, and take no memory', async (_, text) => {
    await askSigned();
    const before = memory();
    const begins = text();
    const says = begins.endsWith('\r\n\r\n') ? Buffer.concat([Buffer.from(begins), PIECE]) : begins;
    const come = (count: number, what: string | Buffer) =>
      Promise.all(Array.from({ length: count }, () => stranger(what)));
    await come(100, says);
    expect(await askSigned()).toBeLessThan(5000);
    expect(memory() - before).toBeLessThan(80);
    await come(200, begins);
    expect(await askSigned()).toBeLessThan(5000);
    expect(memory() - before).toBeLessThan(80);
    await delay(100);
    const open = strangers.filter(({ destroyed }) => !destroyed).length;
    expect(open).toBeLessThanOrEqual(128);
  });
});
