/** An S3 server on loopback, for tests: moto's. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { testPython } from './python.ts';

export interface Moto {
  /** `http://127.0.0.1:<port>`. */
  endpoint: string;
  /** What a process needs in its environment to use it. */
  env: Readonly<Record<string, string>>;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_REGION: 'us-east-1',
};

/** Starts the server on a free port; `pageSize` is how many keys it lists at once. It forgets everything when it stops. */
export async function startMoto({ pageSize = 1000 } = {}): Promise<Moto> {
  const server = spawn(testPython(), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      ...CREDENTIALS,
      PYTHONUNBUFFERED: '1',
      MOTO_S3_DEFAULT_MAX_KEYS: String(pageSize),
    },
  });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const lines: string[] = [];
  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      lines.push(line);
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    server.once('exit', () => reject(new Error(`moto's server did not start:\n${lines.join('\n')}`)));
    server.once('error', reject);
  });
  return {
    endpoint,
    env: { ...CREDENTIALS, AWS_ENDPOINT_URL_S3: endpoint },
    createBucket: async (name) => {
      const answer = await fetch(`${endpoint}/${name}`, { method: 'PUT' });
      if (!answer.ok) throw new Error(`could not make bucket ${name}: ${await answer.text()}`);
    },
    stop: async () => {
      server.kill();
      await exited;
    },
  };
}
