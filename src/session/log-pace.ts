/** How long to wait for logs that are not uploaded yet, and how often to poll for them. */
import type { Settings } from '../config/settings.ts';

export interface LogPace {
  waitSeconds: number;
  pollSeconds: number;
}

/** Our own endpoint writes logs as soon as a step has ended; EMR copies them to S3 every five minutes. */
export function logPace({ emr }: Pick<Settings, 'emr'>, local: boolean): LogPace {
  return local
    ? { waitSeconds: Math.min(emr.logWait, 10), pollSeconds: 0.2 }
    : { waitSeconds: emr.logWait, pollSeconds: 5 };
}
