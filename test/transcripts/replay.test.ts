/** Every transcript replays as recorded. If a change is intended: `npm run transcripts`, then read the diff. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT_CODES } from '../../src/faults.ts';
import { verbs } from '../../src/cli/verbs.ts';
import type { RowFiles } from '../hostile/landed-step.ts';
import { rowsOfShipped } from './account.ts';
import { recordOf, replay, transcripts } from './replay.ts';

const recorded = (name: string) => readFileSync(recordOf(name), 'utf8');

describe('a transcript', () => {
  let rows: RowFiles;
  beforeAll(async () => {
    rows = await rowsOfShipped();
  });

  it.each(transcripts())('%s replays as it was recorded', async (name) => {
    expect(await replay(name, rows)).toBe(recorded(name));
  });
});

describe('the transcripts together', () => {
  const all = transcripts().map(recorded).join('\n');

  it.each(verbs.map(({ name }) => name))('show the help of %s', (name) => {
    expect(all).toContain(`$ landfall ${name} --help\n`);
  });

  it.each([...Object.values(EXIT_CODES).filter((code) => code !== EXIT_CODES.internal), 130, 143])(
    'show exit code %i',
    (code) => {
      expect(all).toContain(`[exit ${String(code)}]\n`);
    },
  );
});
