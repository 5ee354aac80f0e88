import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { followLogs } from '../../src/emr/follow-logs.ts';
import { logTail } from '../../src/emr/log-tail.ts';
import { LandfallError } from '../../src/faults.ts';
import type { Clock } from '../../src/run/ports.ts';
import { memoryStore } from '../support/memory-store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const START = Date.UTC(2026, 10, 21, 6, 40);
const at = (seconds: number) => new Date(START + seconds * 1000);
const keyOf = (log: string) => `j-1/steps/s-1/${log}.gz`;

interface Upload {
  log: string;
  text: string;
  at: number;
}

/** Logs that are uploaded at a time, in seconds, and a step that ends at its own time. */
function world(uploads: Upload[], { endedAt, told = endedAt }: { endedAt?: number; told?: number }) {
  const clock = virtualClock(START);
  const store = memoryStore('s3://lake/logs', () => clock.now());
  const stop = new AbortController();
  const shown: [seconds: number, line: string][] = [];
  const arrive = () => {
    for (const { log, text, at: when } of uploads) {
      if (clock.elapsed() >= when * 1000) store.place(keyOf(log), gzipSync(text), at(when));
    }
  };
  const arriving: Clock = {
    ...clock,
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      arrive();
    },
  };
  arrive();
  const watch = () =>
    followLogs({
      store,
      tails: [logTail('stderr', keyOf('stderr')), logTail('stdout', keyOf('stdout'))],
      witnesses: [keyOf('controller')],
      ending: () => {
        const isOver = endedAt !== undefined && clock.elapsed() >= (told ?? 0) * 1000;
        return Promise.resolve({ at: isOver ? at(endedAt) : undefined, notes: [] });
      },
      clock: arriving,
      pollSeconds: 5,
      waitSeconds: 600,
      policy: { clock: arriving, random: seededRandom(1), signal: stop.signal, note: () => undefined },
    });
  /** Reads to the end, or so many lines. */
  const follow = async (reads = Infinity) => {
    for await (const piece of watch()) {
      if (piece.kind !== 'lines') continue;
      shown.push(
        ...piece.lines.map((line): [number, string] => [clock.elapsed() / 1000, `${piece.log}: ${line}`]),
      );
      if (shown.length >= reads) return;
    }
  };
  return { follow, clock, shown, stop, store };
}
const lines = (shown: readonly [number, string][]) => shown.map(([, line]) => line);

describe('following the logs of a step', () => {
  it('shows lines while it runs, and ends when all logs were uploaded after its end', async () => {
    const { follow, clock, shown } = world(
      [
        { log: 'stderr', text: 'a\n', at: 300 },
        { log: 'stderr', text: 'a\nb\n', at: 600 },
        { log: 'stderr', text: 'a\nb\nc', at: 900 },
        { log: 'stdout', text: 'out\n', at: 900 },
      ],
      { endedAt: 700 },
    );
    await follow();
    expect(shown).toEqual([
      [300, 'stderr: a'],
      [600, 'stderr: b'],
      [900, 'stdout: out'],
      [900, 'stderr: c'],
    ]);
    expect(clock.elapsed()).toBe(900_000);
  });

  it('does not take logs from before the end as final, even if the step is known to have ended', async () => {
    const { follow, clock, shown } = world(
      [
        { log: 'stderr', text: 'a\n', at: 0 },
        { log: 'stdout', text: 'out\n', at: 0 },
        { log: 'stderr', text: 'a\nthe cause\n', at: 250 },
        { log: 'stdout', text: 'out\nend\n', at: 250 },
      ],
      { endedAt: 1 },
    );
    await follow();
    expect(lines(shown)).toEqual(['stderr: a', 'stdout: out', 'stderr: the cause', 'stdout: end']);
    expect(clock.elapsed()).toBe(250_000);
  });

  it('ends a little after the first final log arrives, since unchanged logs are not uploaded again', async () => {
    const { follow, clock } = world(
      [
        { log: 'stderr', text: 'a\n', at: 0 },
        { log: 'controller', text: 'exit code 0\n', at: 100 },
      ],
      { endedAt: 1 },
    );
    await follow();
    expect(clock.elapsed()).toBe(120_000);
  });

  it('gives up on logs that never arrive, counted from the end of the step, not from when that was noticed', async () => {
    const never = world([{ log: 'stderr', text: 'a\n', at: 0 }], { endedAt: 10, told: 400 });
    await never.follow();
    expect(lines(never.shown)).toEqual(['stderr: a']);
    expect(never.clock.elapsed()).toBe(610_000);
    const long = world([], { endedAt: -100_000, told: 0 });
    await long.follow();
    expect(long.clock.elapsed()).toBe(0);
  });

  it('ends at once when following is stopped', async () => {
    const { follow, clock, stop } = world([], {});
    void clock.sleep(12_000).then(() => stop.abort(new LandfallError('timeout', 'long enough')));
    await expect(follow()).rejects.toMatchObject({ fault: 'timeout' });
    expect(clock.elapsed()).toBe(12_000);
  });

  it('looks no further when nobody reads any more', async () => {
    const { follow, shown, store } = world([{ log: 'stderr', text: 'a\nb\n', at: 0 }], {});
    const { head } = store;
    const looked: string[] = [];
    store.head = (key) => {
      looked.push(key);
      return head(key);
    };
    await follow(2);
    expect(shown).toHaveLength(2);
    expect(looked).toEqual([keyOf('stderr')]);
  });

  it('continues if a store does not answer for a while, but not if it denies access', async () => {
    const { follow, store, shown } = world([{ log: 'stderr', text: 'a\n', at: 0 }], { endedAt: -1 });
    const { head } = store;
    let looks = 0;
    store.head = (key) =>
      (looks += 1) < 4
        ? Promise.reject(new LandfallError('unreachable', 'no answer', { retryable: true }))
        : head(key);
    await follow();
    expect(lines(shown)).toEqual(['stderr: a']);
    store.head = () => Promise.reject(new LandfallError('access', 'access denied'));
    await expect(follow()).rejects.toMatchObject({ fault: 'access' });
  });
});
