import { describe, expect, it } from '@jest/globals';
import { harmlessLine } from '../../src/report/harmless.ts';
import { logNotes } from '../../src/report/log-notes.ts';
import type { LogFacts } from '../../src/report/log-notes.ts';
import { printLogs } from '../../src/report/print-logs.ts';
import type { Output } from '../../src/report/printer.ts';
import type { LogPiece } from '../../src/run/log-piece.ts';
import { command, PLAIN } from '../../src/shell-words.ts';

const lines = (log: string, ...its: string[]): LogPiece => ({ kind: 'lines', log, lines: its });
const end = (about: object): LogPiece => ({ kind: 'end', about });

/** What is printed of these pieces to a reader that accepts this many writes; `left`: pieces that were not requested. */
async function printed(output: Output, pieces: (LogPiece | Error)[], reads = Infinity) {
  const left = [...pieces];
  const out: string[] = [];
  const said: string[] = [];
  async function* read(): AsyncGenerator<LogPiece> {
    for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
      if (piece instanceof Error) throw await Promise.resolve(piece);
      yield piece;
    }
  }
  const data = (text: string) => Promise.resolve(out.push(text) < reads);
  const printer = { output, data, say: (text: string) => said.push(text) };
  const failure = await printLogs({ printer, invocation: PLAIN }, read()).catch((error: unknown) => error);
  return { out: out.join(''), said, failure, left: left.length };
}

describe('a line of a log', () => {
  it('keeps its text and tabs, and loses control sequences', () => {
    expect(harmlessLine('\tat org.apache.Spark(x.scala:1)\r')).toBe('\tat org.apache.Spark(x.scala:1)');
    expect(harmlessLine('\u001b[1;31mERROR\u001b[0m é😀')).toBe('ERROR é😀');
    const hostile = 'a\u001b]0;title\u0007b\u001b[2Jc\u009b8md\re\u202ef\b';
    expect(harmlessLine(hostile)).toBe('a\\x1b]0;title\\x07b\\x1b[2Jc\\x9b8md\\re\\u202ef\\x08');
  });
});

describe('the lines of logs', () => {
  it('are the only text on stdout; where another log begins is reported elsewhere', async () => {
    const { out, said } = await printed('text', [
      { kind: 'note', message: 'run r1' },
      lines('stderr', 'one', '\u001b[31mtwo'),
      lines('stderr', 'three'),
      lines('stdout', 'four'),
      { kind: 'next', command: command('logs', '--follow') },
      end({ run: 'r1' }),
    ]);
    expect(out).toBe('one\ntwo\nthree\nfour\n');
    expect(said).toEqual(['run r1', '== stderr', '== stdout', '  next: landfall logs --follow']);
  });

  it('are one JSON document with their run, step and log', async () => {
    const { out, said } = await printed('json', [
      lines('stderr', 'a "quoted"\u001b', 'b'),
      lines('stdout', 'c'),
      end({ run: 'r1', logs: [] }),
    ]);
    expect(JSON.parse(out)).toEqual({
      lines: [
        { log: 'stderr', line: 'a "quoted"\u001b' },
        { log: 'stderr', line: 'b' },
        { log: 'stdout', line: 'c' },
      ],
      run: 'r1',
      logs: [],
    });
    expect(said).toEqual([]);
    const empty = await printed('json', [end({ run: 'r1' })]);
    expect(JSON.parse(empty.out)).toEqual({ lines: [], run: 'r1' });
  });

  it('leave a valid document even if a failure ends them', async () => {
    const gone = new Error('gone');
    const { out, failure } = await printed('json', [lines('stderr', 'a'), gone]);
    expect(JSON.parse(out)).toEqual({ lines: [{ log: 'stderr', line: 'a' }], broken: true });
    expect(failure).toBe(gone);
    expect(await printed('json', [gone])).toMatchObject({ out: '', failure: gone });
  });

  it('are one event each for a script that follows them', async () => {
    const { out } = await printed('ndjson', [lines('stderr', 'a', 'b'), end({ run: 'r1' })]);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toEqual([
      { event: 'log-line', log: 'stderr', line: 'a' },
      { event: 'log-line', log: 'stderr', line: 'b' },
      { event: 'logs', run: 'r1' },
    ]);
  });

  it('are read no further than somebody reads them', async () => {
    const pieces = [lines('stderr', 'a'), lines('stderr', 'b'), lines('stderr', 'c'), end({})];
    expect(await printed('text', pieces, 2)).toMatchObject({ out: 'a\nb\n', failure: undefined, left: 2 });
  });
});

describe('the note next to a log', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 6, 40, seconds));
  const stderr = {
    log: 'stderr',
    uri: 's3://lake/logs/j-1/steps/s-1/stderr.gz',
    uploaded: at(100),
    bytes: 9,
  };
  const stdout = { ...stderr, log: 'stdout', uri: 's3://lake/logs/j-1/steps/s-1/stdout.gz' };
  const absent = { log: 'stdout', uri: stdout.uri, bytes: 0 };
  const running: LogFacts = {
    logs: [stderr, stdout],
    lastAreThere: false,
    now: at(120),
    copying: 'EMR copies them every five minutes',
    patienceMs: 600_000,
    follow: command('logs', 's', '--run', 'r1', '--follow'),
  };
  const told = (facts: LogFacts) =>
    logNotes(facts).map((note) => (note.kind === 'note' ? note.message : note.command));
  const notes = (facts: Partial<LogFacts>) =>
    told({ ...running, ended: { state: 'FAILED', at: at(90) }, lastAreThere: true, ...facts });
  const next = running.follow;

  it('is absent if the log is complete', () => {
    expect(notes({})).toEqual([]);
    expect(notes({ logs: [stderr, { ...stdout, bytes: 0 }] })).toEqual(['stdout is empty']);
  });

  it('says that the log is not uploaded yet, and which command waits for it', () => {
    expect(notes({ logs: [{ ...absent, log: 'stderr' }, absent], lastAreThere: false })).toEqual([
      'stderr and stdout: not uploaded yet; EMR copies them every five minutes',
      next,
    ]);
  });

  it('promises nothing long after the end', () => {
    expect(notes({ logs: [stderr, absent], now: at(11_000) })).toEqual([
      'stdout: not there, though the step ended 3 h 01 min ago; can the cluster write to s3://lake/logs/j-1/steps/s-1?',
    ]);
    expect(notes({ lastAreThere: false, now: at(11_000) })).toEqual([
      'the step ended at 2026-11-21T06:41:30Z, and these logs are from before that; its last logs never arrived',
    ]);
  });

  it('says how far the log goes while the step runs, or while its end is not uploaded yet', () => {
    expect(told(running)).toEqual([
      'the step has not ended; this was uploaded by 2026-11-21T06:41:40Z; EMR copies them every five minutes',
      next,
    ]);
    expect(notes({ lastAreThere: false })).toEqual([
      'the step ended at 2026-11-21T06:41:30Z, and these logs are from before that; EMR copies them every five minutes',
      next,
    ]);
  });
});
