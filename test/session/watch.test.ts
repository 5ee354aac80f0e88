import { describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { countFlag } from '../../src/session/configure.ts';
import { watchFlags } from '../../src/session/watch.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';
import type { Flags } from '../../src/cli/context.ts';

async function flags(...words: string[]): Promise<Flags> {
  const parsed = await parseArguments(words, startedAsLandfall, pipelineNamesLoaded);
  if (parsed.kind === 'mistake') throw parsed.error;
  if (parsed.kind !== 'verb') throw new Error(JSON.stringify(parsed));
  return parsed.flags;
}

describe('how long a verb follows its run', () => {
  it('is until the end, unless flags say otherwise', async () => {
    expect(watchFlags(await flags('submit'))).toEqual({ detach: false, cancelOnTimeout: false });
    expect(watchFlags(await flags('retry', '--detach'))).toMatchObject({ detach: true });
    for (const verb of ['submit', 'attach', 'retry'])
      expect(watchFlags(await flags(verb, '--timeout', '9', '--cancel-on-timeout'))).toEqual({
        detach: false,
        timeout: 9,
        cancelOnTimeout: true,
      });
  });

  it.each([
    [['submit', '--cancel-on-timeout'], '--cancel-on-timeout needs --timeout'],
    [['submit', '--detach', '--timeout', '9'], '--detach and --timeout exclude each other'],
    [['attach', '--timeout', '0'], '--timeout is not a number of seconds'],
  ])('is refused if the flags make no sense: %j', async (words, message) => {
    const given = await flags(...words);
    expect(() => watchFlags(given)).toThrow(message);
  });
});

describe('how often a lost cluster is replaced', () => {
  it('is a whole number', async () => {
    const count = async (...words: string[]) =>
      countFlag(await flags('submit', ...words), 'retry-infrastructure');
    expect(await count()).toBeUndefined();
    expect(await count('--retry-infrastructure', '2')).toBe(2);
    for (const wrong of ['-1', '1.5', 'many'])
      await expect(count(`--retry-infrastructure=${wrong}`)).rejects.toMatchObject({ fault: 'input' });
  });
});
