/** The logs of a running step, uploaded every so often as EMR does: what has not changed since is not sent again. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LOG_NAMES, uploadLog } from './step-logs.ts';
import { stepPaths } from './step-paths.ts';
import type { LogPlace } from './step-logs.ts';
import type { Clock } from '../run/ports.ts';
import type { Store } from '../store/store.ts';

export interface RunningLogs {
  /** Starts no further upload; resolves once the one under way has ended, so that it cannot replace a later one. */
  stop(): Promise<void>;
}

export interface RunningLogsOptions {
  clock: Clock;
  intervalMs: number;
  openStore: () => Promise<Store>;
  /** The step's own folder. */
  folder: string;
  place: LogPlace;
  /** Called the first time that an upload fails; the next one is still tried. */
  warn: (error: unknown) => void;
}

/** An upload takes at most this share of the time: a huge log is sent less often. */
const SHARE = 0.1;

export function uploadRunningLogs(options: RunningLogsOptions): RunningLogs {
  const stopped = new AbortController();
  const uploading = repeat(options, stopped.signal);
  return {
    stop: () => {
      stopped.abort();
      return uploading;
    },
  };
}

async function repeat(options: RunningLogsOptions, stopped: AbortSignal): Promise<void> {
  const { clock, intervalMs, warn } = options;
  const sent = new Map<string, string>();
  let store: Store | undefined;
  let failed = false;
  for (let took = 0; ;) {
    await clock.sleep(Math.max(intervalMs, took / SHARE), stopped);
    if (stopped.aborted) return;
    const started = clock.monotonic();
    try {
      store ??= await options.openStore();
      await uploadChanged(store, options, { sent, stopped });
    } catch (error) {
      if (!failed) warn(error);
      failed = true;
    }
    took = clock.monotonic() - started;
  }
}

/** `sent`: by log, what the file was when it was sent last. */
async function uploadChanged(
  store: Store,
  { folder, place }: Pick<RunningLogsOptions, 'folder' | 'place'>,
  { sent, stopped }: { sent: Map<string, string>; stopped: AbortSignal },
): Promise<void> {
  const paths = stepPaths(folder);
  for (const name of LOG_NAMES) {
    const file = await stat(paths[name]).catch(() => undefined);
    if (stopped.aborted) return;
    if (file === undefined || sent.get(name) === versionOf(file)) continue;
    await uploadLog(store, { name, path: paths[name] }, place, stopped);
    sent.set(name, versionOf(file));
  }
}

const versionOf = ({ size, mtimeMs }: Stats) => `${size} ${mtimeMs}`;
