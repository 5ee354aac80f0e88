import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { linesOfManifest, packManifest } from '../../src/session/staged-manifest.ts';
import { changesOf, difference } from '../../src/run/difference.ts';

const line = (key: string) =>
  `${JSON.stringify({ source: 'log_data', key, uri: `s3://raw/${key}`, size: 1, etag: 'e', last_modified: '' })}\n`;
const changedInputs = async (lines: AsyncIterable<string>) => changesOf(await difference(lines, []));
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

async function gathered(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const one of lines) all.push(one);
  return all;
}

/** The gzip of a piece, many times over. */
async function bomb(piece: Buffer, times: number): Promise<{ body: Buffer; digest: string }> {
  const hash = createHash('sha256');
  const pieces = function* () {
    for (let at = 0; at < times; at += 1) {
      hash.update(piece);
      yield piece;
    }
  };
  const body = await buffer(Readable.from(pieces()).pipe(createGzip({ level: 1 })));
  return { body, digest: hash.digest('hex') };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory, without garbage that is not collected yet. */
function used(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

/** The peak of additional memory while the lines are read. */
async function readWatching(lines: AsyncIterable<string>): Promise<{ count: number; peak: number }> {
  const before = used();
  let read = 0;
  let peak = 0;
  const watched = async function* () {
    for await (const one of lines) {
      if (read++ % 500 === 0) peak = Math.max(peak, used() - before);
      yield one;
    }
  };
  const { count } = await changedInputs(watched());
  return { count, peak };
}

describe('a manifest in the lake', () => {
  it('is packed and read piece by piece, however many objects it names', async () => {
    const LINES = 30_000;
    const before = used();
    let peak = 0;
    const hash = createHash('sha256');
    const lines = function* () {
      for (let at = 0; at < LINES; at += 1) {
        if (at % 5_000 === 4_999) peak = Math.max(peak, used() - before);
        const one = line(`${'x'.repeat(900)}${String(at)}`);
        hash.update(one);
        yield one;
      }
    };
    const { body, digest } = await packManifest(lines());
    expect(peak).toBeLessThan((LINES * 1800) / 10);
    expect(digest).toBe(hash.digest('hex'));
    let read = 0;
    for await (const one of linesOfManifest(body, digest)) if (one.includes(`x${String(read)}"`)) read += 1;
    expect(read).toBe(LINES);
  });

  it('is read line by line', async () => {
    const text = line('a') + line('b');
    const lines = await gathered(linesOfManifest(gzipSync(text), digestOf(text)));
    expect(lines.map((one) => `${one}\n`).join('')).toBe(text);
  });

  it('that decompresses to many megabytes needs only a fraction of them in memory', async () => {
    const megabyte = Buffer.from(line('x'.repeat(32_000)).repeat(32));
    const { body, digest } = await bomb(megabyte, 80);
    const { count, peak } = await readWatching(linesOfManifest(body, digest));
    expect(count).toBe(80 * 32);
    expect(peak).toBeLessThan(30_000_000);
  });

  it('that has one endless line is given up near its beginning', async () => {
    const { body, digest } = await bomb(Buffer.alloc(1_000_000), 100);
    const lines = linesOfManifest(body, digest);
    const { value } = await lines.next();
    expect(value).toHaveLength(64 * 1024);
    await expect(changedInputs(lines)).rejects.toThrow(SyntaxError);
  });

  it('is refused above a size limit', async () => {
    const text = line('a').repeat(2000);
    const read = changedInputs(linesOfManifest(gzipSync(text), digestOf(text), text.length - 1));
    await expect(read).rejects.toThrow(`it unpacks to more than ${String(text.length - 1)} bytes`);
    expect((await changedInputs(linesOfManifest(gzipSync(text), digestOf(text), text.length))).count).toBe(
      2000,
    );
  });

  it('that names other objects than planned is reported as a different one', async () => {
    const read = changedInputs(linesOfManifest(gzipSync(line('a')), digestOf(line('b'))));
    await expect(read).rejects.toThrow('it is not the planned one');
  });
});
