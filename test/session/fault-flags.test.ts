import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { faultOptions } from '../../src/session/fault-flags.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';
import type { CliContext } from '../../src/cli/context.ts';
import type { RunEvent } from '../../src/run/events.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'landfall faults é-'));
  writeFileSync(join(cwd, 'bad day.json'), '{"faults":[{"on":"*","fault":"truncate"}]}');
  writeFileSync(join(cwd, 'wrong.json'), '{"faults":[{"on":"*","fault":"explode"}]}');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** How the typed words configure the endpoint, and what was reported. */
async function options(...words: string[]) {
  const told: RunEvent[] = [];
  const world = { cwd, printer: { emit: (event: RunEvent) => told.push(event) } } as unknown as CliContext;
  const parsed = await parseArguments(['emr-local', ...words], startedAsLandfall, pipelineNamesLoaded);
  if (parsed.kind === 'mistake') throw parsed.error;
  if (parsed.kind !== 'verb') throw new Error(JSON.stringify(parsed));
  return { ...faultOptions(parsed.flags, world), told };
}

describe('the flags that make emr-local misbehave', () => {
  it('cause no faults if they are absent', async () => {
    expect(await options()).toEqual({ quotas: false, told: [] });
  });

  it('name a plan, relative to the current folder', async () => {
    expect(await options('--faults', 'bad day.json', '--quotas')).toMatchObject({
      quotas: true,
      faults: { faults: [{ on: '*', fault: 'truncate', nth: 1, count: 1 }] },
    });
  });

  it('make a plan from a seed, and show it', async () => {
    const { faults, told } = await options('--fault-seed', '7');
    expect(told).toEqual([{ event: 'note', message: `fault plan of seed 7: ${JSON.stringify(faults)}` }]);
    expect((await options('--fault-seed', '7')).faults).toEqual(faults);
    expect((await options('--fault-seed', '8')).faults).not.toEqual(faults);
  });

  it.each([
    [['--faults', 'missing.json'], /missing\.json cannot be read/],
    [['--faults', 'wrong.json'], /wrong\.json, faults\.0\.fault/],
    [['--fault-seed', 'x'], /--fault-seed is "x", and must be a number/],
    [['--fault-seed', '1.5'], /--fault-seed is not a whole number/],
    [['--faults', 'bad day.json', '--fault-seed', '1'], /exclude each other/],
  ])('are refused if they make no sense: %j', async (words, message) => {
    await expect(options(...words)).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringMatching(message),
    });
  });
});
