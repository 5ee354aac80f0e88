/** `landfall emr-local` in a separate process, and what other clients see of it. */
import { execFile } from 'node:child_process';
import type { PromiseWithChild } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readEndpointFile } from '../../src/local/endpoint-file.ts';
import { start } from './landfall.ts';
import { testPython } from './python.ts';

/** A cluster as boto3 sees it (launched.py). */
export interface Seen {
  cluster: {
    Id: string;
    Name: string;
    AutoTerminate: boolean;
    Status: { State: string; StateChangeReason: { Code?: string }; Timeline: Record<string, string> };
    Configurations: unknown;
    SecurityConfiguration: string;
  };
  tags: Record<string, string>;
  idle_timeout: number | null;
  steps: {
    Id: string;
    Name: string;
    ActionOnFailure: string;
    Config: { Jar: string; Args: string[] };
    Status: { State: string; Timeline: Record<string, string> };
  }[];
}

export interface EmrProcess {
  /** The environment for its clients. */
  variables: Record<string, string>;
  /** Runs a program of `acceptance/` that finds it in the environment. */
  python: (script: string) => PromiseWithChild<{ stdout: string }>;
  /** Its clusters, once none is changing its state. */
  settled: () => Promise<Seen[]>;
  stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts it on a state folder; `flags`: how it misbehaves. */
export async function startEmr(
  cwd: string,
  state: string,
  flags: readonly string[] = [],
): Promise<EmrProcess> {
  const running = start(['emr-local', '--port', '0', '--state', state, '--small-data', ...flags], { cwd });
  await running.says(/^export /m);
  const file = readEndpointFile(state);
  if (file === undefined) throw new Error(`no endpoint file in ${state}`);
  const variables = {
    AWS_ENDPOINT_URL_EMR: file.url,
    AWS_ACCESS_KEY_ID: file.accessKeyId,
    AWS_SECRET_ACCESS_KEY: file.secretAccessKey,
    AWS_REGION: file.region,
    AWS_DEFAULT_REGION: file.region,
  };
  // Other clients are patient, because they are not what is tested.
  const env = { PATH: process.env['PATH'], HOME: cwd, AWS_RETRY_MODE: 'standard', AWS_MAX_ATTEMPTS: '20' };
  const python = (script: string) =>
    promisify(execFile)(testPython(), [join(import.meta.dirname, script)], {
      env: { ...env, ...variables },
      maxBuffer: 2 ** 26,
    });
  return {
    variables,
    python,
    settled: async () => {
      for (;;) {
        const seen = JSON.parse((await python('launched.py')).stdout) as Seen[];
        if (!seen.some(({ cluster }) => PASSING.includes(cluster.Status.State))) return seen;
        await delay(300);
      }
    },
    stop: async (signal = 'SIGTERM') => {
      running.process.kill(signal);
      await running.ended;
    },
  };
}

const PASSING = ['STARTING', 'BOOTSTRAPPING', 'TERMINATING'];
