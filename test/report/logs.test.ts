import { describe, expect, it } from '@jest/globals';
import { harmlessLine } from '../../src/report/harmless.ts';
import { logNotes } from '../../src/report/log-notes.ts';
import type { LogFacts } from '../../src/report/log-notes.ts';
import { createLogWriter } from '../../src/report/log-writer.ts';
import type { Output } from '../../src/report/printer.ts';

function writer(output: Output) {
  let out = '';
  const begun: string[] = [];
  const data = (text: string) => {
    out += text;
    return Promise.resolve(true);
  };
  const made = createLogWriter({ output, data, begins: (log) => begun.push(log) });
  return { ...made, begun, out: () => out };
}

describe('a line of a log', () => {
  it('keeps its text and tabs, and loses what a terminal would obey', () => {
    expect(harmlessLine('\tat org.apache.Spark(x.scala:1)\r')).toBe('\tat org.apache.Spark(x.scala:1)');
    expect(harmlessLine('\u001b[1;31mERROR\u001b[0m é😀')).toBe('ERROR é😀');
    const hostile = 'a\u001b]0;title\u0007b\u001b[2Jc\u009b8md\re\u202ef\b';
    expect(harmlessLine(hostile)).toBe('a\\x1b]0;title\\x07b\\x1b[2Jc\\x9b8md\\re\\u202ef\\x08');
  });
});

describe('the lines of logs', () => {
  it('are text on stdout, nothing else beside them; where another log begins is told elsewhere', async () => {
    const { lines, close, out, begun } = writer('text');
    await lines('stderr', ['one', '\u001b[31mtwo']);
    await lines('stderr', ['three']);
    await lines('stdout', ['four']);
    await close({ run: 'r1' });
    expect(out()).toBe('one\ntwo\nthree\nfour\n');
    expect(begun).toEqual(['stderr', 'stdout']);
  });

  it('are one JSON document with what they are about', async () => {
    const { lines, close, out } = writer('json');
    await lines('stderr', ['a "quoted"\u001b', 'b']);
    await lines('stdout', ['c']);
    await close({ run: 'r1', logs: [] });
    expect(JSON.parse(out())).toEqual({
      lines: [
        { log: 'stderr', line: 'a "quoted"\u001b' },
        { log: 'stderr', line: 'b' },
        { log: 'stdout', line: 'c' },
      ],
      run: 'r1',
      logs: [],
    });
    const empty = writer('json');
    await empty.close({ run: 'r1' });
    expect(JSON.parse(empty.out())).toEqual({ lines: [], run: 'r1' });
  });

  it('leave a document that can be read even when a failure ends them', async () => {
    const { lines, broken, out } = writer('json');
    await lines('stderr', ['a']);
    await broken();
    expect(JSON.parse(out())).toEqual({ lines: [{ log: 'stderr', line: 'a' }], broken: true });
    const untouched = writer('json');
    await untouched.broken();
    expect(untouched.out()).toBe('');
  });

  it('are an event each for a script that follows', async () => {
    const { lines, close, out } = writer('ndjson');
    await lines('stderr', ['a', 'b']);
    await close({ run: 'r1' });
    const events = out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toEqual([
      { event: 'log-line', log: 'stderr', line: 'a' },
      { event: 'log-line', log: 'stderr', line: 'b' },
      { event: 'logs', run: 'r1' },
    ]);
  });
});

describe('what is said beside a log', () => {
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
    follow: 'landfall logs s --run r1 --follow',
  };
  const notes = (facts: Partial<LogFacts>) =>
    logNotes({ ...running, ended: { state: 'FAILED', at: at(90) }, lastAreThere: true, ...facts });
  const next = '  next: landfall logs s --run r1 --follow';

  it('is nothing when the whole of it is there', () => {
    expect(notes({})).toEqual([]);
    expect(notes({ logs: [stderr, { ...stdout, bytes: 0 }] })).toEqual(['stdout is empty']);
  });

  it('is that it is not uploaded yet, and what to wait with', () => {
    expect(notes({ logs: [{ ...absent, log: 'stderr' }, absent], lastAreThere: false })).toEqual([
      'stderr and stdout: not uploaded yet; EMR copies them every five minutes',
      next,
    ]);
  });

  it('is not a promise long after the end', () => {
    expect(notes({ logs: [stderr, absent], now: at(11_000) })).toEqual([
      'stdout: not there, though the step ended 3 h 01 min ago; can the cluster write to s3://lake/logs/j-1/steps/s-1?',
    ]);
    expect(notes({ lastAreThere: false, now: at(11_000) })).toEqual([
      'the step ended at 2026-11-21T06:41:30Z, and these logs are from before that; its last ones never came',
    ]);
  });

  it('is how far it goes while the step runs, or the last of it is still to come', () => {
    expect(logNotes(running)).toEqual([
      'the step has not ended; this was uploaded by 2026-11-21T06:41:40Z; EMR copies them every five minutes',
      next,
    ]);
    expect(notes({ lastAreThere: false })).toEqual([
      'the step ended at 2026-11-21T06:41:30Z, and these logs are from before that; EMR copies them every five minutes',
      next,
    ]);
  });
});
