/** `landfall emr-local`: an EMR endpoint on this machine, until it is told to stop. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEndpoint } from '../emr-local/endpoint.ts';
import { readEndpointFile, removeEndpointFile, writeEndpointFile } from '../local/endpoint-file.ts';
import { landfallHome } from '../local/home.ts';
import { ensureSpark } from '../local/setup-spark.ts';
import type { S3Access } from '../local/spark-conf.ts';
import { openStore } from '../store/open.ts';
import { usage } from './arguments.ts';
import { textFlag } from './world.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const { clock, random, printer, env } = world;
  const state = textFlag(flags, 'state');
  const stateFolder =
    state === undefined ? mkdtempSync(join(tmpdir(), 'landfall-emr-')) : resolve(world.cwd, state);
  const { accessKeyId, secretAccessKey } = readEndpointFile(stateFolder) ?? {
    accessKeyId: `LOCAL${random.hex(8).toUpperCase()}`,
    secretAccessKey: random.hex(20),
  };
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const idleExit = numberFlag(flags, 'idle-exit');
  const idle = new AbortController();
  const warn = (message: string) => printer.emit({ event: 'warning', message });
  const endpoint = await startEndpoint({
    port: numberFlag(flags, 'port') ?? 0,
    stateFolder,
    credentials: { accessKeyId, secretAccessKey },
    region,
    spark: () =>
      ensureSpark({
        release: textFlag(flags, 'release') ?? 'emr-7.13.0',
        home: landfallHome(env),
        env,
        clock,
        progress: ({ message }) => printer.emit({ event: 'note', message }),
        s3: s3Access(flags, world),
        signal: world.interrupted,
      }),
    openStore: (uri) => openStore(uri),
    clock,
    random,
    logDelaySeconds: numberFlag(flags, 'log-delay') ?? 0,
    warn,
    ...(idleExit === undefined ? {} : { idleExitSeconds: idleExit, onIdle: () => idle.abort() }),
  });
  writeEndpointFile(stateFolder, {
    url: endpoint.url,
    pid: process.pid,
    accessKeyId,
    secretAccessKey,
    region,
  });
  const variables = {
    AWS_ENDPOINT_URL_EMR: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
  };
  if (state === undefined) printer.say(`state in ${stateFolder}`);
  printer.result(
    `export ${Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    variables,
  );
  await ended(AbortSignal.any([world.interrupted, idle.signal]));
  await endpoint.close();
  removeEndpointFile(stateFolder);
  world.interrupted.throwIfAborted();
}

function s3Access(flags: Flags, { env }: World): S3Access | undefined {
  if (flags['s3'] !== true) return undefined;
  const list = (name: string) => [flags[name] ?? []].flat().map(String);
  return {
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'],
    region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'],
    anonymousBuckets: list('anonymous-bucket'),
    bucketRegions: Object.fromEntries(
      list('bucket-region').map((pair) => pair.split('=', 2) as [string, string]),
    ),
  };
}

function numberFlag(flags: Flags, name: string): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw usage(`--${name} is not a number`);
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
