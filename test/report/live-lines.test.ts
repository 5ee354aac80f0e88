/** What a user sees during a run: a terminal with a live last line, and plain lines that do not flood a log. */
import { describe, expect, it } from '@jest/globals';
import { painter } from '../../src/report/failure.ts';
import { createLines } from '../../src/report/live-lines.ts';
import { narrate } from '../../src/report/narrate.ts';
import type { Said } from '../../src/report/narrate.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { driveRun, fakeWorld, startRun } from '../support/fake-run.ts';

interface WatchedScreen {
  tell: (event: RunEvent) => void;
  say: (text: string) => void;
  /** Lets a second pass, as the terminal's timer sees it. */
  pass: (seconds: number) => void;
  at: (ms: number) => void;
  /** Everything written. */
  written: () => string;
  /** The final rows. */
  rows: () => string[];
}

function watchedScreen(isTTY: boolean, columns = 80, colours = false): WatchedScreen {
  let now = 0;
  let text = '';
  let timers: (() => void)[] = [];
  let said: Said = {};
  const every = (_: number, work: () => void) => {
    timers.push(work);
    return () => {
      timers = timers.filter((one) => one !== work);
    };
  };
  const screen = { isTTY, columns, write: (more: string) => (text += more) };
  const line = createLines(screen, () => now, every);
  return {
    tell: (event) => {
      const told = narrate(said, event, painter(colours));
      said = told.said;
      if (told.line !== undefined) line(told.line);
    },
    say: (plain) => line({ text: plain, transient: false }),
    pass: (seconds) => {
      for (let n = 0; n < seconds; n += 1) {
        now += 1_000;
        for (const timer of timers) timer();
      }
    },
    at: (ms) => {
      now = ms;
    },
    written: () => text,
    rows: () => text.split('\n').map((row) => row.slice(row.lastIndexOf('\u001b[2K') + 1).replace('[2K', '')),
  };
}

const step = (state: string, elapsedMs: number): RunEvent => ({
  event: 'step',
  step: 'song_transform',
  attempt: 1,
  id: 's-1',
  state,
  elapsedMs,
});
const cluster = (state: string, reason?: string): RunEvent => ({
  event: 'cluster',
  id: 'j-1',
  state,
  elapsedMs: 61_000,
  ...(reason === undefined ? {} : { reason }),
});

describe('on a terminal', () => {
  it('the elapsed time is updated each second, in one row, until something else is reported', () => {
    const look = watchedScreen(true);
    look.tell(step('RUNNING', 0));
    look.pass(3);
    expect(look.rows()).toEqual([
      'step song_transform  s-1  RUNNING  0.0 s',
      'step song_transform  s-1  RUNNING  3.0 s',
    ]);
    look.tell(step('RUNNING', 30_000));
    look.pass(2);
    expect(look.rows().at(-1)).toBe('step song_transform  s-1  RUNNING  32 s');
    look.tell(step('COMPLETED', 33_000));
    look.pass(5);
    expect(look.rows()).toEqual([
      'step song_transform  s-1  RUNNING  0.0 s',
      'step song_transform  s-1  COMPLETED  33 s',
      '',
    ]);
  });

  it('a note appears above the live row, which continues', () => {
    const look = watchedScreen(true);
    look.tell(step('RUNNING', 0));
    look.tell({ event: 'note', message: 'throttled; trying again' });
    look.pass(12);
    expect(look.rows()).toEqual([
      'step song_transform  s-1  RUNNING  0.0 s',
      'throttled; trying again',
      'step song_transform  s-1  RUNNING  12 s',
    ]);
    look.say('error  that was all');
    look.pass(5);
    expect(look.rows().slice(-2)).toEqual(['error  that was all', '']);
  });

  it('the live row never takes more than one row, whatever EMR’s reason says', () => {
    const look = watchedScreen(true, 40, true);
    const reason = `Waiting for \u001b[31mcapacity\u001b[0m${' and more of it'.repeat(9)}`;
    look.tell(cluster('STARTING', reason));
    look.pass(1);
    look.tell(cluster('STARTING', reason));
    const [, living = ''] = look.rows();
    expect(living).toHaveLength(39);
    expect(living.startsWith('cluster j-1  STARTING  Waiting for')).toBe(true);
    expect(living.endsWith('…')).toBe(true);
  });

  it('shows a new reason of the same state, and stops the time of a cluster that has ended', () => {
    const look = watchedScreen(true);
    look.tell(cluster('TERMINATING'));
    look.tell(cluster('TERMINATING', 'Terminated by user request'));
    look.tell(cluster('TERMINATED', 'Terminated by user request'));
    look.pass(9);
    expect(look.rows()).toEqual([
      'cluster j-1  TERMINATING  1 min 01 s',
      'cluster j-1  TERMINATING  Terminated by user request  1 min 01 s',
      'cluster j-1  TERMINATED  Terminated by user request  1 min 01 s',
      '',
    ]);
  });
});

describe('without a terminal', () => {
  it('each change is a line, and a line a minute reports what has not changed, without control characters', () => {
    const look = watchedScreen(false);
    for (let second = 0; second <= 200; second += 1) {
      look.at(second * 1_000);
      look.tell(step(second < 10 ? 'PENDING' : 'RUNNING', second * 1_000));
    }
    expect(look.rows()).toEqual([
      'step song_transform  s-1  PENDING  0.0 s',
      'step song_transform  s-1  RUNNING  10 s',
      'step song_transform  s-1  RUNNING  1 min 10 s',
      'step song_transform  s-1  RUNNING  2 min 10 s',
      'step song_transform  s-1  RUNNING  3 min 10 s',
      '',
    ]);
    expect(look.written()).not.toContain('\u001b');
  });

  it('a run of ten hours is reported in at most one line a minute, with every state of cluster and steps', async () => {
    const world = fakeWorld(1, { stepMs: 5 * 3_600_000 });
    const look = watchedScreen(false);
    world.ports.emit = (event) => {
      look.at(world.clock.elapsed());
      look.tell(event);
    };
    await driveRun(world, await startRun(world));
    const rows = look.rows();
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.length).toBeLessThan(10 * 60 + 20);
    for (const state of ['STARTING', 'WAITING']) {
      expect(rows.filter((row) => row.startsWith('cluster') && row.includes(state)).length).toBeGreaterThan(
        0,
      );
    }
    for (const state of ['PENDING', 'RUNNING', 'COMPLETED']) {
      const told = rows.filter((row) => row.includes('log_transform') && row.includes(state));
      expect(told.length).toBeGreaterThan(0);
    }
  });
});
