/** Serves an EMR endpoint on this machine until it is told to stop. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startEndpoint } from '../emr-local/endpoint.ts';
import { identityOf } from '../emr-local/processes.ts';
import { readEndpointFile, removeEndpointFile, writeEndpointFile } from '../local/endpoint-file.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { landfallHome, refuseNoexec } from '../local/landfall-home.ts';
import { ensureSpark } from '../local/setup-spark.ts';
import type { S3Access } from '../local/spark-conf.ts';
import { openStore } from '../store/open.ts';
import type { S3Settings } from '../store/open.ts';
import { bucketNameOf } from '../store/uri.ts';
import { usage } from '../cli/arguments.ts';
import { faultOptions } from './fault-flags.ts';
import { throughOurNetwork } from './steps-network.ts';
import type { CliContext } from '../cli/context.ts';
import type { EmrLocalFlags } from '../cli/verbs.ts';

/** What every AWS client needs to reach the endpoint, by environment variable. */
export type EndpointVariables = Readonly<Record<string, string>>;

/** Yields the variables once the endpoint serves, and ends when it has stopped. Throws the interruption that stopped it. */
export async function* serveEndpoint(
  flags: EmrLocalFlags,
  cli: CliContext,
): AsyncGenerator<EndpointVariables> {
  const port = portFlag(flags);
  const { state } = flags;
  if (state !== undefined) {
    yield* serve(flags, cli, port, realFolder(resolve(cli.cwd, state)));
    return;
  }
  const stateFolder = newStateFolder(cli);
  try {
    yield* serve(flags, cli, port, stateFolder);
  } finally {
    if (isUnused(stateFolder)) rmSync(stateFolder, { recursive: true });
    else cli.printer.say(`state in ${stateFolder}`);
  }
}

/** The folder that the user means. A link in its name was put there by the user. */
function realFolder(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** In Landfall's own folder: the folder for temporary files may be missing, or mounted noexec. */
function newStateFolder({ env }: CliContext): string {
  const folder = join(landfallHome(env), 'emr-local');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return mkdtempSync(join(folder, 'endpoint-'));
}

/** True when no cluster was ever launched on that state. */
function isUnused(stateFolder: string): boolean {
  const clusters = join(stateFolder, 'clusters');
  return !existsSync(clusters) || readdirSync(clusters).length === 0;
}

/** Serves until an interruption, which it throws, or until it has been idle for long enough. */
async function* serve(
  flags: EmrLocalFlags,
  cli: CliContext,
  port: number,
  stateFolder: string,
): AsyncGenerator<EndpointVariables> {
  const { clock, random, printer, env } = cli;
  const { accessKeyId, secretAccessKey } = readEndpointFile(stateFolder) ?? newKey(cli);
  const region = regionOf(env) ?? 'us-east-1';
  const idleExit = numberFlag(flags, 'idle-exit');
  const idle = new AbortController();
  const warn = (message: string) => printer.emit({ event: 'warning', message });
  const s3 = s3Access(flags, cli);
  cli.answering.interruptions = true;
  const endpoint = await startEndpoint({
    port,
    stateFolder,
    credentials: { accessKeyId, secretAccessKey },
    region,
    spark: () => {
      refuseNoexec(stateFolder, '--state');
      return ensureSpark({
        release: flags.release ?? 'emr-7.13.0',
        home: landfallHome(env),
        env,
        clock,
        progress: ({ message }) => printer.emit({ event: 'note', message }),
        s3,
        smallData: flags['small-data'] === true,
        signal: cli.interrupted,
      });
    },
    openStore: (uri) => openStore(uri, logAccess(uri, s3)),
    ...faultOptions(flags, cli),
    ...(s3 === undefined ? {} : { stepVariables: await s3Variables() }),
    clock,
    random,
    logDelaySeconds: numberFlag(flags, 'log-delay') ?? 0,
    logIntervalSeconds: logInterval(flags),
    warn,
    ...(idleExit === undefined ? {} : { idleExitSeconds: idleExit, onIdle: () => idle.abort() }),
  });
  cli.leaving(() => endpoint.abandon());
  const file = {
    url: endpoint.url,
    pid: process.pid,
    process: (await identityOf(process.pid)) ?? '',
    accessKeyId,
    secretAccessKey,
    region,
  };
  writeEndpointFile(stateFolder, file);
  yield variablesOf(file);
  await ended(AbortSignal.any([cli.interrupted, idle.signal]));
  await endpoint.close();
  removeEndpointFile(stateFolder);
  cli.interrupted.throwIfAborted();
}

function variablesOf({ url, accessKeyId, secretAccessKey, region }: EndpointFile): EndpointVariables {
  return {
    AWS_ENDPOINT_URL_EMR: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    // The one that boto3 and the AWS CLI read.
    AWS_DEFAULT_REGION: region,
  };
}

const regionOf = (env: CliContext['env']) =>
  [env['AWS_REGION'], env['AWS_DEFAULT_REGION']].find((name) => name !== undefined && name !== '');

const newKey = ({ random }: CliContext) => ({
  accessKeyId: `LOCAL${random.hex(8).toUpperCase()}`,
  secretAccessKey: random.hex(20),
});

function s3Access(flags: EmrLocalFlags, { env }: CliContext): S3Access | undefined {
  if (flags.s3 !== true) return undefined;
  const pairs = (list: readonly string[] = []) =>
    Object.fromEntries(list.map((pair) => pair.split('=', 2) as [string, string]));
  const access: S3Access = {
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'],
    region: regionOf(env),
    anonymousBuckets: flags['anonymous-bucket'] ?? [],
    bucketRegions: pairs(flags['bucket-region']),
    bucketKeys: pairs(flags['bucket-key']),
  };
  return throughOurNetwork(access, env);
}

/** How logs are written: as the steps write into that bucket. */
function logAccess(uri: string, s3: S3Access | undefined): S3Settings {
  const kmsKeyId = s3?.bucketKeys?.[bucketNameOf(uri) ?? ''];
  return kmsKeyId === undefined ? {} : { kmsKeyId };
}

/** S3A knows neither profiles nor SSO: the steps get the credentials that these resolve to. */
async function s3Variables(): Promise<() => Promise<Record<string, string | undefined>>> {
  const { credentialVariables } = await import('../store/s3-credentials.ts');
  return credentialVariables();
}

function portFlag(flags: EmrLocalFlags): number {
  const port = numberFlag(flags, 'port') ?? 0;
  if (Number.isInteger(port) && port <= 65_535) return port;
  throw usage('--port is not a port: a whole number from 0 to 65535', flags);
}

function logInterval(flags: EmrLocalFlags): number {
  const seconds = numberFlag(flags, 'log-interval') ?? 300;
  if (seconds > 0) return seconds;
  throw usage('--log-interval is not above 0', flags);
}

function numberFlag(
  flags: EmrLocalFlags,
  name: 'port' | 'idle-exit' | 'log-delay' | 'log-interval',
): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (Number.isFinite(value) && value >= 0) return value;
  throw usage(`--${name} is not a number, 0 or more`, flags);
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
