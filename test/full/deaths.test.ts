/** A driver killed at every write to the journal, each time replaced by one that is killed a write later; real Spark. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { journalOf, sound } from '../support/end-state.ts';
import type { EndState } from '../support/end-state.ts';
import { FAULTLESS_ENTRIES } from '../support/faultless-entries.ts';
import type { Ended } from '../support/landfall.ts';
import { misbehavingPlace } from '../support/misbehaving.ts';
import type { Misbehaving } from '../support/misbehaving.ts';

interface Chain {
  /** The newest entry at each death. */
  deaths: string[];
  ended: Ended;
  state: EndState;
  /** Steps and clusters that boto3 sees. */
  made: { clusters: number; steps: number };
}

const place = misbehavingPlace();
afterAll(() => place.close());

/**
 * Submits, then attaches until a driver lives. Each dies at its second write after having taken the run over, or just
 * before its third one; at a later one where the last death brought no entry of a new kind or step.
 */
async function chain(when: 'before' | 'after'): Promise<Chain> {
  const here = await place.open(when);
  const deaths: string[] = [];
  const first = when === 'after' ? 2 : 3;
  let nth = first - 1;
  for (;;) {
    const moment = { signal: 'SIGKILL', when, entry: 'any', nth } as const;
    const driver = deaths.length === 0 ? here.submit([], moment) : here.attach([], moment);
    const ended = await driver.ended;
    if (ended.code !== null) return { deaths, ended, state: await here.state(), made: await made(here) };
    const last = await newest(here);
    nth = deaths.includes(last) ? nth + 1 : first;
    deaths.push(last);
  }
}

async function newest({ lake, run }: Misbehaving): Promise<string> {
  const entry = (await journalOf(lake, run)).at(-1);
  if (entry === undefined) throw new Error('it died before its plan was written');
  return 'step' in entry ? `${entry.entry} ${entry.step}` : entry.entry;
}

async function made({ emr }: Misbehaving): Promise<Chain['made']> {
  const clusters = await emr.settled();
  return { clusters: clusters.length, steps: clusters.flatMap(({ steps }) => steps).length };
}

describe.each(['after', 'before'] as const)('a driver that dies %s each write to the journal', (when) => {
  let told: Chain;
  beforeAll(async () => {
    told = await chain(when);
  }, 1_200_000);

  it('has been tried at every kind of entry', () => {
    const last = when === 'after' ? undefined : 'finished';
    const missed = FAULTLESS_ENTRIES.filter(
      (kind) => !told.deaths.some((death) => death.split(' ')[0] === kind),
    );
    expect(missed).toEqual(last === undefined ? [] : [last]);
  });

  it('is replaced each time, and the run ends as if it had not died', () => {
    expect({ code: told.ended.code, stderr: told.ended.code === 0 ? '' : told.ended.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    expect(told.state).toEqual(sound(when));
    expect(told.made).toEqual({ clusters: 1, steps: 2 });
  });
});
