/** What `--cluster local` needs beside the run itself: the private Spark and the endpoint's process. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { landfallHome } from '../local/home.ts';
import type { RunPlan } from '../run/plan.ts';
import { checkRunId } from '../run/run-id.ts';
import { endpointEnvironment, sparkS3Access } from './compose.ts';
import type { World } from './world.ts';

/** Sets Spark up when it is not there yet, telling its progress. Throws `input` when it cannot be had here. */
export async function prepareSpark(world: World, settings: Settings, plan: RunPlan): Promise<void> {
  const { ensureSpark } = await import('../local/setup-spark.ts');
  await ensureSpark({
    release: plan.release,
    home: landfallHome(world.env),
    env: world.env,
    clock: world.clock,
    progress: (progress) => world.printer.emit({ event: 'progress', ...progress }),
    s3: sparkS3Access(settings, placesOf(plan)),
    signal: world.interrupted,
  });
}

const placesOf = (plan: RunPlan) => [plan.lake, plan.logUri, ...plan.sources.map(({ uri }) => uri)];

/**
 * The folder that the endpoint of a run keeps its state in. The one that the journal names is believed only if it lies
 * where such folders do: whoever can write to the lake must not choose what is deleted here.
 */
export function stateFolderOf(world: World, { run, lake }: RunPlan, journalled?: string): string {
  const home = join(landfallHome(world.env), 'emr-local');
  // Run ids are unique within a lake only.
  const own = join(home, `${checkRunId(run)}-${createHash('sha256').update(lake).digest('hex').slice(0, 8)}`);
  return journalled !== undefined && dirname(journalled) === home ? journalled : own;
}

/** The run's endpoint: the one that lives, or a new one on its state. */
export async function startEndpointOf(
  world: World,
  settings: Settings,
  plan: RunPlan,
  stateFolder: string,
): Promise<EndpointFile> {
  const { startLocalEndpoint } = await import('../local/endpoint-life.ts');
  const [program = process.execPath, ...args] = world.self;
  const s3 = sparkS3Access(settings, placesOf(plan));
  const access = [
    ...(s3 === undefined ? [] : ['--s3']),
    ...(s3?.anonymousBuckets ?? []).flatMap((bucket) => ['--anonymous-bucket', bucket]),
    ...Object.entries(s3?.bucketRegions ?? {}).flatMap(([bucket, region]) => [
      '--bucket-region',
      `${bucket}=${region}`,
    ]),
    ...Object.entries(s3?.bucketKeys ?? {}).flatMap(([bucket, key]) => ['--bucket-key', `${bucket}=${key}`]),
  ];
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
    env: endpointEnvironment(settings, world.env),
    clock: world.clock,
  });
}

/** Below this, starting up is most of the work. */
const SMALL_BYTES = 300e6;

const isSmall = ({ sources }: RunPlan) => sources.reduce((sum, { bytes }) => sum + bytes, 0) < SMALL_BYTES;

/** How often a running step's logs reach the lake: EMR's five minutes are longer than most local steps. */
export const LOG_INTERVAL_SECONDS = 2;

/** An endpoint that nobody speaks to and that has no live cluster leaves after so long. */
const IDLE_EXIT_SECONDS = 600;

/** Ends the endpoint and whatever it runs; returns once it is gone. The state of a finished run goes with it. */
export async function stopEndpointOf(world: World, stateFolder: string, finished: boolean): Promise<void> {
  const { stopLocalEndpoint } = await import('../local/endpoint-life.ts');
  if (await stopLocalEndpoint(stateFolder, world.clock)) {
    if (finished) await rm(stateFolder, { recursive: true, force: true });
    return;
  }
  world.printer.emit({
    event: 'warning',
    message: `the local EMR endpoint is still running; its state is in ${stateFolder}`,
  });
}
