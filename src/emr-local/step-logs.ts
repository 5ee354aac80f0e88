/** A step's logs, as EMR leaves them: gzipped under `<LogUri>/<cluster>/steps/<step>/`. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { stepPaths } from './step-paths.ts';
import type { BootstrapLog } from './records.ts';
import type { Store } from '../store/store.ts';

/** Only the end of a longer log is uploaded, because it is held in memory. */
const LONGEST_BYTES = 64 * 1024 * 1024;
/** The logs that a step has here, in the order in which they are sent. */
export const LOG_NAMES = ['controller', 'stderr', 'stdout'] as const;

export interface LogPlace {
  clusterId: string;
  stepId: string;
}

/** Uploads controller, stderr, stdout and syslog; the last is always empty here. Rejects when the store does. */
export async function uploadLogs(store: Store, folder: string, place: LogPlace): Promise<void> {
  const paths = stepPaths(folder);
  for (const name of LOG_NAMES) await uploadLog(store, { name, path: paths[name] }, place);
  await uploadLog(store, { name: 'syslog', path: '' }, place);
}

/** Uploads one log, as far as it goes; nothing once `stopped` aborts. Rejects when the store does. */
export async function uploadLog(
  store: Store,
  { name, path }: { name: string; path: string },
  { clusterId, stepId }: LogPlace,
  stopped?: AbortSignal,
): Promise<void> {
  const body = await gzipped(path);
  if (stopped?.aborted !== true) await store.put(`${clusterId}/steps/${stepId}/${name}.gz`, body);
}

/** Uploads what a bootstrap action left, under `node/`. Rejects when the store does. */
export async function uploadBootstrapLog(store: Store, clusterId: string, log: BootstrapLog): Promise<void> {
  const folder = `${clusterId}/node/${log.instance}/bootstrap-actions/1`;
  for (const [name, text] of [
    ['controller', ''],
    ['stderr', log.stderr],
    ['stdout', ''],
  ] as const) {
    await store.put(`${folder}/${name}.gz`, gzipSync(text));
  }
}

async function gzipped(path: string): Promise<Uint8Array> {
  const gzip = createGzip();
  if (!existsSync(path)) {
    gzip.end();
    return buffer(gzip);
  }
  const left = Math.max(0, statSync(path).size - LONGEST_BYTES);
  if (left > 0) gzip.write(`(the first ${left} bytes are left out)\n`);
  const source = createReadStream(path, { start: left });
  source.on('error', (error) => gzip.destroy(error));
  return buffer(source.pipe(gzip));
}
