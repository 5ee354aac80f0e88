import { describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/commands/arguments.ts';

const parse = (...argv: string[]) => parseArguments(argv, {});

describe('the command line', () => {
  it('gives the verb and its flags under their dashed names', async () => {
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

  it('takes -f for --follow, before and behind a step', async () => {
    const expected = { kind: 'verb', verb: { name: 'logs' }, flags: { follow: true, step: 's' } };
    expect(await parse('logs', '-f', 's')).toMatchObject(expected);
    expect(await parse('logs', 's', '-f', '--run', '007')).toMatchObject({
      ...expected,
      flags: { run: '007' },
    });
    expect(await parse('logs', '-g')).toMatchObject({ kind: 'mistake' });
    expect(await parse('logs', '--stream', 'nope')).toMatchObject({ kind: 'mistake' });
  });

  it('is a mistake without a verb, with an unknown one, or with an unknown flag', async () => {
    expect(await parse()).toMatchObject({ kind: 'mistake', error: { fault: 'input' } });
    expect(await parse('sbmit')).toMatchObject({
      kind: 'mistake',
      error: { message: expect.stringContaining('sbmit') },
    });
    expect(await parse('status', '--lakee', 'x')).toMatchObject({
      kind: 'mistake',
      error: { message: 'unknown flag --lakee', next: 'landfall status --help' },
    });
  });

  it('leaves flags of sources to verbs that read them', async () => {
    expect(await parse('plan', '--any-source', 'x')).toMatchObject({
      kind: 'verb',
      flags: { 'any-source': 'x' },
    });
  });

  it('speaks as asked even of a mistake', async () => {
    expect(await parse('nope', '--output', 'json')).toMatchObject({ kind: 'mistake', output: 'json' });
    expect(await parse('nope', '--output=ndjson')).toMatchObject({ output: 'ndjson' });
    expect(await parseArguments(['nope'], { NO_COLOR: '1' })).toMatchObject({ colours: false });
    expect(await parse('nope', '--no-color')).toMatchObject({ colours: false });
  });

  it('gives help instead of running', async () => {
    expect(await parse('submit', '--help')).toMatchObject({
      kind: 'help',
      text: expect.stringContaining('--run-id'),
    });
  });
});
