import { describe, expect, it } from '@jest/globals';
import { isUncertain } from '../../src/run/create-once.ts';
import type { Happened } from '../../src/run/create-once.ts';
import type { Answer } from '../../src/run/ports.ts';
import { createOnce } from '../support/create-once.ts';
import { virtualClock } from '../support/virtual-clock.ts';

/** A creation with scripted answers, one per send; `there`: what a look finds. */
function scripted(answers: Answer<string>[], there: () => string | undefined) {
  const clock = virtualClock();
  const sent: number[] = [];
  const notes: string[] = [];
  const creation = {
    what: 'cluster',
    send: () => {
      sent.push(clock.elapsed());
      return Promise.resolve(answers[sent.length - 1] ?? { kind: 'accepted' as const, value: 'last' });
    },
    find: () => Promise.resolve(there()),
    settleMs: 60_000,
    note: (message: string) => notes.push(message),
  };
  return { clock, creation, sent, notes };
}

const lost: Answer<string> = { kind: 'ambiguous', reason: 'ECONNRESET' };
const unsent: Answer<string> = { kind: 'unsent', reason: 'ECONNREFUSED' };

describe('creating something exactly once', () => {
  it('sends once if the answer arrives', async () => {
    const { clock, creation, sent } = scripted([{ kind: 'accepted', value: 'j-1' }], () => undefined);
    expect(await createOnce(clock, creation, false)).toEqual({ value: 'j-1', how: 'accepted' });
    expect(sent).toHaveLength(1);
  });

  it('adopts what a request with a lost answer created, without sending again', async () => {
    const { clock, creation, sent } = scripted([lost], () => 'j-2');
    expect(await createOnce(clock, creation, false)).toEqual({ value: 'j-2', how: 'adopted' });
    expect(sent).toHaveLength(1);
  });

  it('sends again only after two looks, a settle window apart', async () => {
    const { clock, creation, sent } = scripted([lost], () => undefined);
    expect(await createOnce(clock, creation, false)).toEqual({ value: 'last', how: 'accepted' });
    expect(sent).toHaveLength(2);
    expect((sent[1] ?? 0) - (sent[0] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it('looks before it sends if an earlier driver intended to send', async () => {
    const { clock, creation, sent } = scripted([], () => 'j-3');
    expect(await createOnce(clock, creation, true)).toEqual({ value: 'j-3', how: 'adopted' });
    expect(sent).toEqual([]);
  });

  it('sends a request that never left again at once, with backoff', async () => {
    const { clock, creation, sent } = scripted([unsent, unsent, unsent], () => undefined);
    await createOnce(clock, creation, false);
    expect(sent).toEqual([0, 2_000, 6_000, 14_000]);
  });

  it('gives up as unreachable after a quarter of an hour of requests that never left', async () => {
    const { clock, creation } = scripted(
      Array.from({ length: 1000 }, () => unsent),
      () => undefined,
    );
    await expect(createOnce(clock, creation, false)).rejects.toMatchObject({ fault: 'unreachable' });
    expect(clock.elapsed()).toBeLessThan(17 * 60_000);
  });

  it('trusts a refusal, unless an earlier request may have taken effect', () => {
    const answered = (answer: Answer<string>): Happened => ({ kind: 'answered', answer });
    expect(isUncertain([])).toBe(false);
    expect(isUncertain([answered(unsent), { kind: 'waited' }])).toBe(false);
    expect(isUncertain([answered(lost), { kind: 'looked', found: false }])).toBe(true);
    expect(isUncertain([{ kind: 'intended before' }, { kind: 'looked', found: false }])).toBe(true);
  });
});
