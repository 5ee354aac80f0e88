/** What a verb is given when it runs in the test's own process: no terminal, no signals, a clock that costs no time. */
import type { World } from '../../src/commands/world.ts';
import { seededRandom } from './seeded-random.ts';
import { virtualClock } from './virtual-clock.ts';

export interface CommandWorld extends World {
  /** The texts of what was printed as results. */
  results: string[];
}

export function commandWorld(cwd: string): CommandWorld {
  const results: string[] = [];
  return {
    results,
    env: {},
    cwd,
    clock: virtualClock(),
    random: seededRandom(1),
    printer: {
      output: 'text',
      emit: () => undefined,
      data: () => Promise.resolve(true),
      result: (text) => results.push(text),
      failure: () => undefined,
      interruption: () => undefined,
      say: () => undefined,
    },
    interrupted: new AbortController().signal,
    answering: { interruptions: false },
    leaving: () => undefined,
    self: [],
    process: { host: 'h', boot: 'b', pid: 1 },
  };
}
