/** The world of a verb that is called inside the test: its output is collected. */
import type { Command, Flags, CliContext } from '../../src/cli/context.ts';
import { harmlessCopy } from '../../src/report/harmless.ts';
import type { LandfallError } from '../../src/faults.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { PLAIN } from '../../src/shell-words.ts';
import { seededRandom } from './seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';

export interface CommandWorld extends CliContext {
  /** The value of each result, as `--output json` prints it, and its text. */
  results: { text: string; value: unknown }[];
  events: RunEvent[];
  /** Lines on stderr. */
  said: string[];
  /** Raw text on stdout. */
  written: string[];
}

/** `onEvent` is called with each event as it happens. */
export function commandWorld(
  cwd: string,
  onEvent: (event: RunEvent) => void = () => undefined,
): CommandWorld {
  const results: CommandWorld['results'] = [];
  const events: RunEvent[] = [];
  const said: string[] = [];
  const written: string[] = [];
  return {
    env: {},
    cwd,
    clock: systemClock,
    random: seededRandom(Date.now()),
    printer: {
      output: 'json',
      emit: (event) => {
        events.push(event);
        onEvent(event);
      },
      data: (text) => {
        written.push(text);
        return Promise.resolve(true);
      },
      result: (text, value) =>
        results.push({ text: typeof text === 'string' ? text : text(harmlessCopy(value)), value }),
      failure: () => undefined,
      interruption: () => undefined,
      say: (text) => said.push(text),
      written: () => Promise.resolve(undefined),
    },
    interrupted: new AbortController().signal,
    answering: { interruptions: false },
    leaving: () => undefined,
    self: [],
    process: { host: 'test', boot: 'unknown', pid: process.pid },
    user: process.geteuid?.(),
    invocation: PLAIN,
    results,
    events,
    said,
    written,
  };
}

/** Runs a verb. Returns what it threw, its first result and its events. */
export async function outcomeOf(verb: Command, flags: Flags, world: CommandWorld) {
  const failure = await verb(flags, world).then(
    () => undefined,
    (error: unknown) => error as LandfallError,
  );
  const { value, text = '' } = world.results[0] ?? {};
  return { failure, value, text, events: world.events };
}
