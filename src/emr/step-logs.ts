/** Where EMR puts a step's logs under LogUri, and those of the YARN containers it ran in. */
import type { Store } from '../store/store.ts';

export const STEP_LOGS = ['stderr', 'stdout', 'controller', 'syslog'] as const;
export type StepLog = (typeof STEP_LOGS)[number];

export function stepLogKey(clusterId: string, stepId: string, log: StepLog): string {
  return `${clusterId}/steps/${stepId}/${log}.gz`;
}

/** The last YARN application that the lines name. */
export function applicationIn(lines: readonly string[]): string | undefined {
  for (const line of lines.toReversed()) {
    const found = /\bapplication_\d+_\d+\b/.exec(line);
    if (found !== null) return found[0];
  }
  return undefined;
}

export interface ContainerLogs {
  /** `container_1732170000000_0007_01_000001`. */
  container: string;
  /** Keys by log: `stderr`, `stdout`. */
  keys: ReadonlyMap<string, string>;
}

/**
 * The containers of an application that have a stdout or stderr, the first one first: in cluster mode the driver's, in
 * client mode the application master's. None when the folder is not there, or not yet.
 */
export async function containerLogs(
  store: Store,
  clusterId: string,
  applicationId: string,
): Promise<ContainerLogs[]> {
  const folder = `${clusterId}/containers/${applicationId}/`;
  const found = new Map<string, Map<string, string>>();
  for await (const { key } of store.list(folder)) {
    const [, container, log] = /^([^/]+)\/(stdout|stderr)(?:\.gz)?$/.exec(key.slice(folder.length)) ?? [];
    if (container === undefined || log === undefined) continue;
    const keys = found.get(container) ?? new Map<string, string>();
    found.set(container, keys.set(log, key));
  }
  const rank = (container: string) => (container.endsWith('_01_000001') ? 0 : 1);
  return [...found]
    .map(([container, keys]) => ({ container, keys }))
    .sort((a, b) => rank(a.container) - rank(b.container) || (a.container < b.container ? -1 : 1));
}
