/** How a verb stays with the run that it starts or goes on with. */
import { usage } from '../cli/arguments.ts';
import { secondsFlag } from './configure.ts';
import type { SubmitFlags } from '../cli/run-verbs.ts';

type WatchFlags = Pick<SubmitFlags, 'detach' | 'timeout' | 'cancel-on-timeout'>;

export interface Watch {
  /** Not at all: once everything is submitted, EMR goes on alone. */
  detach: boolean;
  /** Seconds at most. */
  timeout?: number | undefined;
  /** Cancel the run when that time has passed, rather than leave it to itself. */
  cancelOnTimeout: boolean;
}

/** `--detach`, `--timeout`, `--cancel-on-timeout`. Throws `input` when they do not go together. */
export function watchFlags(flags: WatchFlags): Watch {
  const watch = {
    detach: flags.detach === true,
    timeout: secondsFlag(flags, 'timeout'),
    cancelOnTimeout: flags['cancel-on-timeout'] === true,
  };
  if (watch.cancelOnTimeout && watch.timeout === undefined)
    throw usage('--cancel-on-timeout needs --timeout: after how many seconds?', flags);
  if (watch.detach && watch.timeout !== undefined)
    throw usage('--detach and --timeout exclude each other: a detached run is not watched', flags);
  return watch;
}
