import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { lineCutter } from '../../src/emr/line-cutter.ts';
import { unpackTail } from '../../src/emr/log-files.ts';
import { lastLine, logTail, newLines } from '../../src/emr/log-tail.ts';
import type { LogTail } from '../../src/emr/log-tail.ts';
import { applicationIn, containerLogs } from '../../src/emr/step-logs.ts';
import { uploadedWhen } from '../../src/emr/log-uploads.ts';
import { unpacked } from '../../src/emr/unpacked.ts';
import { memoryStore } from '../support/memory-store.ts';

const START = Date.UTC(2026, 10, 21, 6, 40);
const KEY = 'j-1/steps/s-1/stderr.gz';

/** A log in a store, its tail, and what was shown of it. */
function world() {
  let uploads = 0;
  const store = memoryStore('s3://lake/logs', () => new Date(START));
  const shown: string[] = [];
  const notes: string[] = [];
  const tail: LogTail = logTail('stderr', KEY);
  return {
    store,
    shown,
    notes,
    tail,
    upload: (body: Uint8Array | string) => {
      const packed = typeof body === 'string' ? gzipSync(body) : body;
      store.place(KEY, packed, new Date(START + (uploads += 1) * 1000));
    },
    look: async () => {
      for await (const piece of newLines(store, tail)) {
        if (piece.kind === 'lines') shown.push(...piece.lines);
        if (piece.kind === 'note') notes.push(piece.message);
      }
    },
    finish: () => shown.push(...lastLine(tail).flatMap(({ lines }) => lines)),
  };
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `line ${String(from + n)} ${'é'.repeat(n % 7)}`);
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('a log that grows', () => {
  it('is shown once, line by line, however often it is read', async () => {
    const { upload, look, finish, shown, tail } = world();
    await look();
    expect(tail.uploaded).toBeUndefined();
    for (const to of [3, 3, 400, 9_000]) {
      upload(textOf(numbered(0, to)));
      await look();
      await look();
      expect(shown).toEqual(numbered(0, to));
    }
    finish();
    expect(shown).toEqual(numbered(0, 9_000));
    expect(tail.uploaded).toEqual(new Date(START + 4_000));
  });

  it('shows a partial line, even one cut inside a character, only when it is complete or the last', async () => {
    const { upload, look, finish, shown } = world();
    const bytes = Buffer.from('one\nzwö');
    upload(gzipSync(bytes.subarray(0, bytes.length - 1)));
    await look();
    expect(shown).toEqual(['one']);
    upload(gzipSync(bytes));
    await look();
    expect(shown).toEqual(['one']);
    finish();
    expect(shown).toEqual(['one', 'zwö']);
  });

  it('continues where an upload was cut short', async () => {
    const { upload, look, shown, notes } = world();
    const whole = numbered(0, 5_000);
    const packed = gzipSync(textOf(whole));
    upload(packed.subarray(0, packed.length / 2));
    await look();
    expect(shown.length).toBeGreaterThan(100);
    expect(shown).toEqual(whole.slice(0, shown.length));
    upload(packed.subarray(0, packed.length / 4));
    await look();
    upload(packed);
    await look();
    expect(shown).toEqual(whole);
    expect(notes).toEqual([]);
  });

  it('is shown from its beginning if it was replaced by another, with a note', async () => {
    const { upload, look, shown, notes } = world();
    upload('a\nb\n');
    await look();
    upload('a\nx\ny\n');
    await look();
    expect(shown).toEqual(['a', 'b', 'a', 'x', 'y']);
    expect(notes).toEqual([expect.stringContaining('replaced by another one')]);
  });

  it('that is replaced while it is read can be read again, and nothing is shown twice or mixed', async () => {
    const { store, upload, look, shown } = world();
    const lines = Array.from({ length: 20_000 }, (_, n) => `${String(n)} ${'x'.repeat(1_000)}`);
    const stored = (some: readonly string[]) => gzipSync(textOf(some), { level: 0 });
    upload(stored(lines.slice(0, 17_500)));
    const { getRange } = store;
    let reads = 0;
    store.getRange = (...range) => {
      reads += 1;
      if (reads === 5) upload(stored(lines));
      return getRange(...range);
    };
    await expect(look()).rejects.toMatchObject({ retryable: true });
    expect(shown.length).toBeGreaterThan(1_000);
    expect(shown.length).toBeLessThan(17_500);
    await look();
    expect(shown.length).toBe(lines.length);
    expect(shown.every((line, at) => line === lines[at])).toBe(true);
  });

  it('is fetched in parts, and no further than it is read', async () => {
    const { store, tail } = world();
    store.place(KEY, gzipSync(`${'x'.repeat(1_000)}\n`.repeat(20_000), { level: 0 }), new Date(START));
    const sizes: number[] = [];
    const { getRange } = store;
    store.getRange = (key, start, end, etag) => {
      sizes.push(end - start);
      return getRange(key, start, end, etag);
    };
    let shows = 0;
    for await (const { kind } of newLines(store, tail)) if (kind === 'lines' && (shows += 1) === 3) break;
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(sizes.length).toBeLessThan(4);
    expect(shows).toBe(3);
  });
});

describe('the content of a log', () => {
  const textIn = async (body: Uint8Array) => {
    const { store, upload } = world();
    upload(body);
    const pieces: Uint8Array[] = [];
    for await (const piece of unpacked(store, (await store.head(KEY))!)) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  it('is decompressed, one gzip member after the other; plain text and empty logs stay as they are', async () => {
    expect(await textIn(Buffer.concat([gzipSync('one '), gzipSync('two')]))).toBe('one two');
    expect(await textIn(Buffer.from('plain'))).toBe('plain');
    expect(await textIn(Buffer.from('x'))).toBe('x');
    expect(await textIn(Buffer.alloc(0))).toBe('');
    expect(await textIn(gzipSync(''))).toBe('');
  });

  it('of a file cut short is everything before the cut, however slowly it is read', async () => {
    const packed = gzipSync(textOf(numbered(0, 200_000)));
    const cut = packed.subarray(0, packed.length - 500);
    const { store, upload } = world();
    upload(cut);
    const pieces: Uint8Array[] = [];
    for await (const piece of unpacked(store, (await store.head(KEY))!)) {
      pieces.push(piece);
      await delay(10);
    }
    expect(Buffer.concat(pieces).equals(await unpackTail(cut))).toBe(true);
    expect(pieces.length).toBeGreaterThan(5);
  });

  it('that is broken is read without an error', async () => {
    const packed = gzipSync(textOf(numbered(0, 9_000)));
    packed.fill(0xff, packed.length / 2, packed.length / 2 + 200);
    expect(typeof (await textIn(packed))).toBe('string');
    expect(await textIn(gzipSync('x').subarray(0, 5))).toBe('');
  });

  it('without line ends is split into parts', () => {
    const cutter = lineCutter(10);
    expect(cutter.push(Buffer.from('0123456'))).toEqual([]);
    expect(cutter.push(Buffer.from('789ab'))).toEqual(['0123456789']);
    expect(cutter.push(Buffer.from('c\nd'))).toEqual(['abc']);
    expect(cutter.end()).toEqual(['d']);
    expect(cutter.end()).toEqual([]);
  });
});

describe('an upload', () => {
  const ended = new Date(START + 5_400);
  it.each([
    [5_400, 'after'],
    [6_000, 'after'],
    [5_395, 'after'],
    [5_380, 'before'],
    [5_000, 'same second'],
    [4_000, 'before'],
    [1, 'before'],
  ])('%i ms after the start is %s the end of a step at 5.4 s', (ms, when) => {
    expect(uploadedWhen(new Date(START + ms), ended)).toBe(when);
  });
});

describe('the containers of an application', () => {
  const application = 'application_1732170000000_0007';
  const name = (n: number) => `container_1732170000000_0007_01_${String(n).padStart(6, '0')}`;

  it('are all found, however many, the first one first; other files and applications are ignored', async () => {
    const { store } = world();
    const at = new Date(START);
    for (let n = 1_500; n > 0; n -= 1) {
      store.place(`j-1/containers/${application}/${name(n)}/stderr.gz`, gzipSync('x'), at);
      store.place(`j-1/containers/${application}/${name(n)}/prelaunch.out.gz`, gzipSync('x'), at);
    }
    store.place(`j-1/containers/${application}/${name(1)}/stdout.gz`, gzipSync('x'), at);
    store.place(`j-1/containers/${application}/00 \u001b[31m/stderr.gz`, gzipSync('x'), at);
    store.place(`j-1/containers/${application}9/${name(9)}/stderr.gz`, gzipSync('x'), at);
    const found = await containerLogs(store, 'j-1', application);
    expect(found).toHaveLength(1_501);
    expect(found[0]).toEqual({
      container: name(1),
      keys: new Map([
        ['stderr', `j-1/containers/${application}/${name(1)}/stderr.gz`],
        ['stdout', `j-1/containers/${application}/${name(1)}/stdout.gz`],
      ]),
    });
    expect(found[1]?.container).toBe('00 \u001b[31m');
  });

  it('are those of the last application that the log names', () => {
    expect(applicationIn([])).toBeUndefined();
    expect(applicationIn(['application_1_2', 'x (application_3_4)', 'local-1732170000000'])).toBe(
      'application_3_4',
    );
  });
});
