/** A step's logs, as EMR leaves them: gzipped under `<LogUri>/<cluster>/steps/<step>/`. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { stepPaths } from './step-command.ts';
import type { BootstrapLog } from './records.ts';
import type { Store } from '../store/store.ts';

/** Of a longer log the end is uploaded: it is gathered in memory. */
const LONGEST_BYTES = 64 * 1024 * 1024;

/** Uploads controller, stderr, stdout and syslog; the last is always empty here. Rejects when the store does. */
export async function uploadLogs(
  store: Store,
  folder: string,
  place: { clusterId: string; stepId: string },
): Promise<void> {
  const paths = stepPaths(folder);
  const sources = { controller: paths.controller, stderr: paths.stderr, stdout: paths.stdout, syslog: '' };
  for (const [name, path] of Object.entries(sources)) {
    await store.put(`${place.clusterId}/steps/${place.stepId}/${name}.gz`, await gzipped(path));
  }
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
