/** Whether, and for how long, a verb follows the run that it starts or continues. */
import { usage } from '../cli/arguments.ts';
import { secondsFlag } from './configure.ts';
import type { SubmitFlags } from '../cli/run-verbs.ts';

type WatchFlags = Pick<SubmitFlags, 'detach' | 'timeout' | 'cancel-on-timeout'>;

export interface Watch {
  /** Not at all: once everything is submitted, EMR continues alone. */
  detach: boolean;
  /** Seconds at most. */
  timeout?: number | undefined;
  /** Cancel the run when that time has passed, rather than let it continue. */
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
    throw usage('--detach and --timeout exclude each other: a detached run is not followed', flags);
  return watch;
}
