/** What a step learns about its upstreams when it is submitted. Pure. */
import { describe, expect, it } from '@jest/globals';
import { keys } from '../../src/lake/layout.ts';
import type { AttemptState } from '../../src/run/state.ts';
import { requestOf } from '../../src/run/step-request.ts';
import { plan } from '../support/fake-run.ts';
import { argument } from '../support/step-arguments.ts';

const attempt = (number: number, execution?: string): AttemptState => ({
  attempt: number,
  token: `t${String(number)}`,
  application: `t${String(number)}`,
  clusterId: 'j-1',
  intendedAt: new Date(0),
  ...(execution === undefined ? {} : { execution }),
});

/** The upstream that the second step gets if the first has these attempts, the last of which counts. */
function upstreamOf(song: AttemptState[], log: number): string {
  const current = { song_transform: song.length, log_transform: log };
  const request = requestOf({ plan, current, attempts: { song_transform: song } }, [plan.steps[1]!]);
  return argument(request, '--upstream');
}

describe('a step gets from its upstream', () => {
  it('the folder of the current attempt, whatever its own number', () => {
    const folder = (number: number) =>
      `song_transform=${plan.lake}/${keys.attempt(plan.run, 'song_transform', number)}`;
    expect(upstreamOf([attempt(1), attempt(2)], 1)).toBe(folder(2));
    expect(upstreamOf([attempt(1)], 3)).toBe(folder(1));
  });

  it('the accepted execution of the current attempt, and never one of an earlier attempt', () => {
    expect(upstreamOf([attempt(1, 'old'), attempt(2, 'new')], 1)).toBe(`song_transform=${plan.lake}/new`);
    expect(upstreamOf([attempt(1, 'old'), attempt(2)], 1)).toBe(
      `song_transform=${plan.lake}/${keys.attempt(plan.run, 'song_transform', 2)}`,
    );
  });
});
