/** What `--cluster local` needs beside the run itself: the private Spark and the endpoint's process. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { LandfallError } from '../faults.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { landfallHome } from '../local/landfall-home.ts';
import { makePrivate } from '../local/private-folder.ts';
import type { SparkRequest } from '../local/setup-spark.ts';
import type { S3Access } from '../local/spark-conf.ts';
import { needsCluster } from '../run/stages.ts';
import type { RunPlan } from '../run/plan.ts';
import { checkRunId } from '../run/run-id.ts';
import { isSmall } from '../run/small-data.ts';
import type { RunState } from '../run/state.ts';
import { advise, commandAt } from '../shell-words.ts';
import { realUri } from '../store/real-uri.ts';
import type { Store } from '../store/store.ts';
import { endpointEnvironment, sparkS3Access } from './compose.ts';
import { sha256 } from './sha256.ts';
import { throughOurNetwork } from './steps-network.ts';
import type { CliContext } from '../cli/context.ts';

/** Installs Spark if it is not there yet, and reports progress. Throws `input` when it cannot be installed here. */
export async function prepareSpark(cli: CliContext, settings: Settings, plan: RunPlan): Promise<void> {
  const { ensureSpark } = await import('../local/setup-spark.ts');
  await ensureSpark(sparkRequest(cli, settings, plan));
}

/** Throws `input` when the tools that `prepareSpark` needs are missing here. Changes nothing. */
export async function checkSparkTools(cli: CliContext, settings: Settings, plan: RunPlan): Promise<void> {
  const setup = await import('../local/setup-spark.ts');
  await setup.checkSparkTools(sparkRequest(cli, settings, plan));
}

const sparkRequest = (cli: CliContext, settings: Settings, plan: RunPlan): SparkRequest => ({
  release: plan.release,
  home: landfallHome(cli.env),
  env: cli.env,
  clock: cli.clock,
  progress: (progress) => cli.printer.emit({ event: 'progress', ...progress }),
  s3: accessOf(cli, settings, plan),
  signal: cli.interrupted,
});

function accessOf({ env }: CliContext, settings: Settings, plan: RunPlan): S3Access | undefined {
  const access = sparkS3Access(settings, placesOf(plan));
  return access && throughOurNetwork(access, env);
}

const placesOf = (plan: RunPlan) => [plan.lake, plan.logUri, ...plan.sources.map(({ uri }) => uri)];

/**
 * The folder in which a run's endpoint keeps its state. Its name depends on the run and on the lake where the run was
 * found, but on nothing in the journal. Run ids are unique only within a lake.
 */
export function stateFolderOf({ env }: CliContext, { uri }: Store, run: string): string {
  const endpoints = join(landfallHome(env), 'emr-local');
  makePrivate(endpoints);
  return join(endpoints, `${checkRunId(run)}-${sha256(realUri(uri)).slice(0, 16)}`);
}

/**
 * Throws `access` when the run's steps are on another machine's local endpoint, which is not reachable from here.
 * Changes nothing.
 */
export function checkEndpointHere(cli: CliContext, store: Store, state: RunState): void {
  const { plan, endpoint } = state;
  const here = cli.process.host;
  if (plan.cluster.kind !== 'local' || endpoint === undefined || endpoint === here) return;
  if (!needsCluster(state) || existsSync(stateFolderOf(cli, store, plan.run))) return;
  const attach = commandAt(store.uri, 'attach', plan.run);
  const takeOver = commandAt(store.uri, 'attach', plan.run, '--take-over');
  throw new LandfallError('access', `run ${plan.run} runs on the local EMR endpoint of another machine`, {
    why: [`it was started on ${JSON.stringify(endpoint)}, and this is ${JSON.stringify(here)}`],
    stand: ['the run is unchanged'],
    next: advise`${attach} on that machine; or, if its endpoint is gone for good, ${takeOver} here, which ends the run as failed`,
  });
}

/** What `emr-local` is told of the access to S3. */
function s3Flags({ anonymousBuckets = [], bucketRegions = {}, bucketKeys = {} }: S3Access): string[] {
  const pairs = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([bucket, value]) => [flag, `${bucket}=${value}`]);
  return [
    '--s3',
    ...anonymousBuckets.flatMap((bucket) => ['--anonymous-bucket', bucket]),
    ...pairs('--bucket-region', bucketRegions),
    ...pairs('--bucket-key', bucketKeys),
  ];
}

/** The run's endpoint: the one that is running, or a new one on its state. */
export async function startEndpointOf(
  cli: CliContext,
  settings: Settings,
  plan: RunPlan,
  stateFolder: string,
): Promise<EndpointFile> {
  const { startLocalEndpoint } = await import('../local/endpoint-life.ts');
  const [program = process.execPath, ...args] = cli.self;
  const s3 = sparkS3Access(settings, placesOf(plan));
  const access = s3 === undefined ? [] : s3Flags(s3);
  return startLocalEndpoint({
    stateFolder,
    command: [
      program,
      ...args,
      'emr-local',
      '--state',
      stateFolder,
      '--release',
      plan.release,
      '--idle-exit',
      String(IDLE_EXIT_SECONDS),
      '--log-interval',
      String(LOG_INTERVAL_SECONDS),
      ...(isSmall(plan) ? ['--small-data'] : []),
      ...access,
    ],
    env: endpointEnvironment(settings, cli.env),
    clock: cli.clock,
  });
}

/** How often a running step's logs are uploaded: EMR's five minutes are longer than most local steps. */
export const LOG_INTERVAL_SECONDS = 2;

/** An endpoint exits after this long without a request and without a live cluster. */
const IDLE_EXIT_SECONDS = 600;

/** Stops the endpoint and whatever it runs; returns once it has exited. Removes the state of a finished run. */
export async function stopEndpointOf(cli: CliContext, stateFolder: string, finished: boolean): Promise<void> {
  const { stopLocalEndpoint } = await import('../local/endpoint-life.ts');
  if (await stopLocalEndpoint(stateFolder, cli.clock)) {
    if (finished) await rm(stateFolder, { recursive: true, force: true });
    return;
  }
  cli.printer.emit({
    event: 'warning',
    message: `the local EMR endpoint is still running; its state is in ${stateFolder}`,
  });
}
