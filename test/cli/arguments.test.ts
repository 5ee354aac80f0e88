import { describe, expect, it } from '@jest/globals';
import { parseArguments, unknownFlags } from '../../src/cli/arguments.ts';
import { advising, pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';

const parse = (...argv: string[]) => parseArguments(argv, startedAsLandfall, pipelineNamesLoaded);

describe('the command line', () => {
  it('returns the verb and its flags under their dashed names', async () => {
    expect(
      await parse('submit', '--cluster', 'local', '--run-id', '007', '--song-data', 'a b'),
    ).toMatchObject({
      kind: 'verb',
      verb: { name: 'submit' },
      flags: { cluster: 'local', 'run-id': '007', 'song-data': 'a b' },
    });
  });

  it('keeps a run id that looks like a number as it was typed', async () => {
    expect(await parse('status', '0012')).toMatchObject({ flags: { run: '0012' } });
  });

  it('accepts -f for --follow, before and after a step', async () => {
    const expected = { kind: 'verb', verb: { name: 'logs' }, flags: { follow: true, step: 's' } };
    expect(await parse('logs', '-f', 's')).toMatchObject(expected);
    expect(await parse('logs', 's', '-f', '--run', '007')).toMatchObject({
      ...expected,
      flags: { run: '007' },
    });
    expect(await parse('logs', '-g')).toMatchObject({ kind: 'mistake' });
  });

  it('is a mistake without a verb, with an unknown one, or with an unknown flag', async () => {
    expect(await parse()).toMatchObject({ kind: 'mistake', error: { fault: 'input' } });
    expect(await parse('sbmit')).toMatchObject({
      kind: 'mistake',
      error: {
        message: 'unknown verb "sbmit"',
        why: ['did you mean submit?'],
        next: advising('landfall submit'),
      },
    });
    expect(await parse('sbmit', '--lake', 'a b')).toMatchObject({
      error: { next: advising("landfall submit --lake 'a b'") },
    });
    expect(await parse('elephant')).toMatchObject({ error: { next: advising('landfall --help') } });
    expect(await parse('status', '--lakee', 'x')).toMatchObject({
      kind: 'mistake',
      error: {
        message: 'unknown flag --lakee',
        why: ['did you mean --lake?'],
        next: advising('landfall status --help'),
      },
    });
  });

  it.each([
    [['submit', 'now'], 'submit takes no "now"', 'landfall submit --help'],
    [['logs', 'x', 'y', 'z'], 'logs takes no "y", "z"', 'landfall logs --help'],
    [
      ['logs', '--stream', 'nope'],
      '--stream is "nope", and must be one of "stderr", "stdout", "controller", "syslog"',
      'landfall logs --help',
    ],
  ])('with a mistake refers to the help of its verb: %j', async (words, message, next) => {
    expect(await parse(...words)).toMatchObject({
      kind: 'mistake',
      error: { message, next: advising(next) },
    });
  });

  it('accepts flags of sources only for verbs that read sources', async () => {
    expect(await parse('plan', '--any-source', 'x')).toMatchObject({
      kind: 'verb',
      flags: { 'any-source': 'x' },
    });
  });

  it('reports even a mistake in the requested format', async () => {
    expect(await parse('nope', '--output', 'json')).toMatchObject({ kind: 'mistake', output: 'json' });
    expect(await parse('nope', '--output=ndjson')).toMatchObject({ output: 'ndjson' });
    expect(
      await parseArguments(['nope'], { ...startedAsLandfall, env: { NO_COLOR: '1' } }, pipelineNamesLoaded),
    ).toMatchObject({
      colours: false,
    });
    expect(await parse('nope', '--no-color')).toMatchObject({ colours: false });
  });

  it('shows help instead of running', async () => {
    for (const word of ['--help', '-h'])
      expect(await parse('submit', word)).toMatchObject({
        kind: 'help',
        text: expect.stringContaining('--run-id'),
      });
  });
});

describe('a flag', () => {
  it.each([
    [['plan', '--lake.x', 'y'], /^unknown flag --lake\.x/],
    [['status', '--lake.x=y'], /^unknown flag --lake\.x/],
    [['plan', '--lake', 'a', '--lake', 'b'], '--lake is given twice'],
    [['plan', '--lake=a', '--lake=a'], '--lake is given twice'],
    [['plan', '--song-data', 'a', '--song-data', 'b'], '--song-data is given twice'],
    [['logs', '-f', '--follow'], '--follow is given twice'],
    [['plan', '--no-lake'], '--no-lake is not a flag; --lake takes a value'],
    [['plan', '--lake='], '--lake has an empty value'],
    [['plan', '--lake', ''], '--lake has an empty value'],
    [['plan', '--song-data='], '--song-data has an empty value'],
    [['plan', '--lake'], '--lake needs a value'],
    [['plan', '--lake', '--verbose'], '--lake needs a value'],
    [['plan', '--song-data'], '--song-data needs a value'],
    [['plan', '--verbose=yes'], '--verbose takes no value'],
    [['plan', '--no-color=1'], '--no-color takes no value'],
    [['submit', '--timeout', '1e3'], '--timeout is "1e3", and must be a number'],
    [['submit', '--timeout', '-5'], '--timeout is "-5", and must be a number'],
    [['submit', '--timeout=abc'], '--timeout is "abc", and must be a number'],
    [['submit', '--timeout', 'NaN'], '--timeout is "NaN", and must be a number'],
    [['submit', '--timeout'], '--timeout needs a value'],
    [['status', '-x'], 'unknown flag --x'],
    [['status', '--', '--lake', 'x'], /^status takes no "--lake", "x"/],
  ])('keeps the value as typed, or is reported: %j', async (words, message) => {
    const parsed = await parse(...words);
    const verb = words[0] ?? '';
    if (parsed.kind === 'verb') {
      // A verb with sources knows its flags once it has read the pipeline.
      expect(unknownFlags(parsed.verb, parsed.flags, ['song_data'])?.message).toMatch(message);
      return;
    }
    expect(parsed).toMatchObject({ kind: 'mistake', error: { fault: 'input' } });
    const { error } = parsed as Extract<typeof parsed, { kind: 'mistake' }>;
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.next).toEqual(advising(`landfall ${verb} --help`));
  });

  it('may be repeated if its values add up', async () => {
    expect(
      await parse('emr-local', '--anonymous-bucket', 'a', '--anonymous-bucket', 'b', '--port', '0'),
    ).toMatchObject({ kind: 'verb', flags: { 'anonymous-bucket': ['a', 'b'], port: 0 } });
    expect(await parse('plan', '--no-color', '--verbose')).toMatchObject({ flags: { color: false } });
  });
});
