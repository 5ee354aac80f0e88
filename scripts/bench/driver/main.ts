/** The measured process: a driver, and nothing else. Prints what each operation took, as JSON. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requests } from './counting-s3.ts';
import { measureAll } from './measure.ts';
import { operations } from './operations.ts';

const [sizes = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'landfall-bench-'));
try {
  console.error('filling the buckets');
  const server = fork(join(import.meta.dirname, 'serve.ts'), [sizes, join(folder, 'server')]);
  const ended = once(server, 'exit').then(died);
  const answer = async <T>(): Promise<T> => {
    const [value] = await Promise.race([once(server, 'message'), ended]);
    return value as T;
  };
  const endpoint = await answer<string>();
  const requests = () => {
    server.send('requests');
    return answer<Requests>();
  };
  const measured = await measureAll(operations(endpoint, join(folder, 'driver')), requests, (name) =>
    console.error(name),
  );
  server.disconnect();
  console.log(JSON.stringify(measured));
} finally {
  rmSync(folder, { recursive: true });
}

function died(): never {
  throw new Error('the S3 endpoint has ended');
}
