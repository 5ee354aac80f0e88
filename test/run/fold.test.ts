/** A journal that cannot be folded is damaged, whatever the reason; verbs about other runs still work. */
import { expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import type { Stamped } from '../../src/run/entries.ts';
import { fold } from '../../src/run/fold.ts';
import { plan } from '../support/fake-run.ts';

const stamp = { version: 2, driver: 'd', nonce: 'n', at: '2026-11-21T09:30:00.000Z' } as const;
const planned: Stamped = { ...stamp, number: 1, entry: 'planned', plan };
const foldWith = (entry: object) =>
  fold({ uri: 's3://lake/root' }, [planned, { ...stamp, number: 2, ...entry } as Stamped]);

it('names the entry at which folding failed, and keeps the cause', () => {
  const { message, more, cause } = thrownBy(() => foldWith({ entry: 'verified', findings: [], tables: 7 }));
  expect({ message, more }).toEqual({
    message: 's3://lake/root/_landfall/runs/r1/journal/000002.json is not entry 2 of a journal',
    more: { damaged: 'r1' },
  });
  expect(cause).toBeInstanceOf(TypeError);
});

function thrownBy(work: () => unknown): LandfallError {
  try {
    work();
  } catch (error) {
    if (error instanceof LandfallError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

it.each([
  ['twice', ['song_transform', 'song_transform']],
  ['in another order than the plan', ['log_transform', 'song_transform']],
])('refuses an application that names its steps %s', (_, [step, other]) => {
  const intent = { entry: 'step-intent', step, attempt: 1, token: 't', clusterId: 'j-1' };
  expect(thrownBy(() => foldWith({ ...intent, with: [{ step: other, attempt: 1 }] })).why.join()).toContain(
    'in another order than the plan',
  );
});

it('considers an attempt begun once its steps run again', () => {
  const submitted = {
    entry: 'step-intent',
    step: 'song_transform',
    attempt: 2,
    token: 't',
    clusterId: 'j-1',
  };
  expect(() => foldWith(submitted)).toThrow(LandfallError);
  const again = {
    ...stamp,
    number: 2,
    entry: 'replanned',
    plan,
    rerun: ['song_transform'],
    elsewhere: false,
  };
  const state = fold({ uri: 's3://lake/root' }, [
    planned,
    again as Stamped,
    { ...stamp, number: 3, ...submitted } as Stamped,
  ]);
  expect(state.attempts['song_transform']?.map(({ attempt }) => attempt)).toEqual([2]);
});
