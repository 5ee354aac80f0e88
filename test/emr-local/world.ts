/** The basis of the endpoint's tests: a clock that can be moved, a store in a map, a Spark of three lines. */
import { EMRClient } from '@aws-sdk/client-emr';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startEndpoint } from '../../src/emr-local/endpoint.ts';
import type { Endpoint, EndpointOptions } from '../../src/emr-local/endpoint.ts';
import type { Clock, Random } from '../../src/run/ports.ts';
import type { Store } from '../../src/store/store.ts';
import type { RunJobFlowCommandInput, StepConfig } from '@aws-sdk/client-emr';

export const credentials = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'a/secret+of=ours' };
export const region = 'us-west-2';

export const random: Random = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  fraction: () => Math.random(),
};

/** `jump`: this much time passes at once and wakes sleepers. `set`: somebody sets the clock, and no time passes. */
export interface JumpingClock extends Clock {
  jump(ms: number): void;
  set(ms: number): void;
}

export function jumpingClock(): JumpingClock {
  let passed = 0;
  let setBy = 0;
  const sleepers = new Set<() => void>();
  const monotonic = () => performance.now() + passed;
  return {
    now: () => new Date(Date.now() + passed + setBy),
    monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const due = monotonic() + ms;
        const done = () => {
          clearTimeout(timer);
          sleepers.delete(check);
          resolve();
        };
        const check = () => monotonic() >= due && done();
        const timer = setTimeout(done, ms);
        sleepers.add(check);
        if (signal?.aborted === true) done();
        signal?.addEventListener('abort', done, { once: true });
      }),
    jump: (ms) => {
      passed += ms;
      for (const check of [...sleepers]) check();
    },
    set: (ms) => {
      setBy += ms;
    },
  };
}

export interface MapStore {
  objects: Map<string, Uint8Array>;
  open: (uri: string) => Promise<Store>;
  /** The decompressed text of an object, by its full URI. */
  text(uri: string): string | undefined;
}

/** The part of a store that logs need; `open` rejects with `broken` while that is set. */
export function mapStore(broken: () => string | undefined = () => undefined): MapStore {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    open: (uri) => {
      const why = broken();
      if (why !== undefined) return Promise.reject(new Error(why));
      const put: Store['put'] = (key, body) => {
        objects.set(`${uri.replace(/\/$/, '')}/${key}`, body);
        return Promise.resolve({ key, size: body.length, etag: '', lastModified: new Date() });
      };
      return Promise.resolve({ uri, put } as unknown as Store);
    },
    text: (uri) => {
      const body = objects.get(uri);
      return body === undefined ? undefined : gunzipSync(body).toString('utf8');
    },
  };
}

export interface World {
  folder: string;
  clock: JumpingClock;
  store: MapStore;
  warnings: string[];
  endpoint: Endpoint;
  emr: EMRClient;
  /** Closes the endpoint and starts another on the same state. */
  restart: () => Promise<void>;
  end: () => Promise<void>;
}

const SPARK_SUBMIT = `#!/bin/bash
printf '%s\\n' "$@"
echo "conf: $(grep -v '^spark.\\(driver.extraJava\\|local.dir\\|hadoop\\)' "$SPARK_CONF_DIR/spark-defaults.conf")"
echo "home: $SPARK_HOME key: \${AWS_ACCESS_KEY_ID:-none} step: $EMR_STEP_ID" >&2
`;

/** An endpoint with quick states in a temporary folder, and a client for it. */
export async function world(overrides: Partial<EndpointOptions> = {}, store = mapStore()): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "land fall's é-"));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'spark-submit'), SPARK_SUBMIT);
  await chmod(join(bin, 'spark-submit'), 0o755);
  const clock = jumpingClock();
  const warnings: string[] = [];
  const spark = { submit: join(bin, 'spark-submit'), env: { SPARK_HOME: '/a home' }, conf: { 'a.b': 'c d' } };
  const start = () =>
    startEndpoint({
      port: 0,
      stateFolder: join(folder, 'state'),
      credentials,
      region,
      spark: () => Promise.resolve(spark),
      openStore: store.open,
      clock,
      random,
      logDelaySeconds: 0,
      warn: (message) => warnings.push(message),
      pace: { startingMs: 20, bootstrappingMs: 20, terminatingMs: 20 },
      killAfterSeconds: 1,
      environment: { PATH: process.env['PATH'], HOME: folder },
      ...overrides,
    });
  const it: World = {
    folder,
    clock,
    store,
    warnings,
    endpoint: await start().catch(async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }),
    emr: undefined as unknown as EMRClient,
    restart: async () => {
      it.emr.destroy();
      await it.endpoint.close();
      it.endpoint = await start();
      it.emr = client(it.endpoint.url);
    },
    end: async () => {
      it.emr.destroy();
      await it.endpoint.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  it.emr = client(it.endpoint.url);
  return it;
}

export function client(endpoint: string, maxAttempts = 1): EMRClient {
  return new EMRClient({ endpoint, region, credentials, maxAttempts });
}

/** The smallest cluster that EMR would accept: it keeps alive and logs to a bucket. */
export function clusterRequest(changes: Partial<RunJobFlowCommandInput> = {}): RunJobFlowCommandInput {
  return {
    Name: 'landfall/r1/cluster#1',
    ReleaseLabel: 'emr-7.13.0',
    LogUri: 's3://bucket/logs/',
    Applications: [{ Name: 'Spark' }],
    ServiceRole: 'EMR_DefaultRole',
    JobFlowRole: 'EMR_EC2_DefaultRole',
    Instances: { MasterInstanceType: 'm5.xlarge', InstanceCount: 1, KeepJobFlowAliveWhenNoSteps: true },
    ...changes,
  };
}

/** A step of a shell script. */
export function bash(script: string, changes: Partial<StepConfig> = {}): StepConfig {
  return {
    Name: 'a step',
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: ['bash', '-c', script] },
    ...changes,
  };
}

/** Polls until the answer is there; fails after ten seconds with the last result. */
export async function until<T>(ask: () => Promise<T> | T, enough: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (enough(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether the process still runs. It remains as a zombie if nothing collects orphans. */
export async function works(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? alive(pid) && process.platform !== 'linux' : !stat.includes(') Z ');
}
