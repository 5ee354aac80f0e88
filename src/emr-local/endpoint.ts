/** An EMR endpoint on loopback that really runs its steps with spark-submit. Its behaviour: README.md beside this file. */
import type { Env } from '../env.ts';
import { openDisk } from './disk.ts';
import { faultPlanShape } from './fault-shapes.ts';
import { openKeeper } from './keeper.ts';
import { launch } from './step-process.ts';
import { openMisbehaviour } from './misbehaviour.ts';
import { operate } from './operations.ts';
import { claim } from './owner.ts';
import { isLive } from './records.ts';
import { serve } from './server.ts';
import type { Pace } from './cluster-machine.ts';
import type { FaultPlanInput } from './fault-shapes.ts';
import type { Keeper } from './keeper.ts';
import type { Launch } from './step-process.ts';
import type { SparkSetup } from './step-command.ts';
import type { Clock, Random } from '../run/ports.ts';
import type { Store } from '../store/store.ts';

export type { SparkSetup } from './step-command.ts';

export interface EndpointOptions {
  /** 0: any that is free. */
  port: number;
  /** Created, readable by its owner alone; clusters and steps in it survive the endpoint. */
  stateFolder: string;
  /** The one key that requests must be signed with. Steps never see it. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  region: string;
  /** Called at the first step, not before, and again only after it failed. */
  spark: () => Promise<SparkSetup>;
  /** For the logs: an `s3://` or `file:///` LogUri as the cluster has it. */
  openStore: (uri: string) => Promise<Store>;
  clock: Clock;
  random: Random;
  /**
   * From a step's end to the upload of its logs; a cluster that ends uploads the remaining logs before it is over.
   */
  logDelaySeconds: number;
  /** How often a running step's logs are uploaded; default 300, as EMR does. */
  logIntervalSeconds?: number;
  /** How long without a request and a live cluster until `onIdle` is called; default 600. */
  idleExitSeconds?: number;
  /** Called once; the endpoint goes on until it is closed. */
  onIdle?: () => void;
  /** Called when something goes wrong outside any request, such as an upload of logs. */
  warn?: (message: string) => void;
  /** Milliseconds in the transient cluster states, and what a running step becomes when its cluster ends. */
  pace?: Partial<Omit<Pace, 'logDelayMs'>>;
  /** From a cancelled step's SIGTERM to SIGKILL; default 5. */
  killAfterSeconds?: number;
  /** What steps inherit; default this process's own environment. */
  environment?: Env;
  /** More variables, requested before each step: those that change with time, such as credentials that expire. */
  stepVariables?: () => Promise<Env>;
  /** The faults to inject; none when absent. */
  faults?: FaultPlanInput;
  /** Throttle by the quotas that EMR has for an account. */
  quotas?: boolean;
  /** How processes are started; a test may replace it with something lighter. */
  launch?: Launch;
}

export interface Endpoint {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Stops listening, stops running steps and waits for them, leaves all on disk. Never ends this process. */
  close(): Promise<void>;
  /** Kills running steps and waits for nothing: for a process that exits at once. */
  abandon(): void;
}

/**
 * Starts the endpoint, and continues from what an earlier one left in the state folder. Throws LandfallError when
 * the port or the folder is in use, or the folder cannot be read.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { clock, random, region } = options;
  const warn = options.warn ?? (() => undefined);
  const pace = paceOf(options);
  const plan = faultPlanShape.parse(options.faults ?? {});
  const misbehaviour = openMisbehaviour({ plan, quotas: options.quotas ?? false, pace });
  const disk = openDisk(options.stateFolder);
  const release = await claim(options.stateFolder, random);
  const idle = watchIdle(options, () => ready?.all().some(isLive) ?? true);
  let ready: Keeper | undefined;
  let opened: (keeper: Keeper) => void = () => undefined;
  const keeper = new Promise<Keeper>((resolve) => (opened = resolve));
  try {
    const server = await serve({
      port: options.port,
      trust: { ...options.credentials, region },
      clock,
      random,
      warn,
      conduct: (name) => misbehaviour.conduct(name, clock.monotonic()),
      dispatch: async (name, body, conduct) => {
        idle.touch();
        const context = { keeper: await keeper, clock, random, region, pace };
        return operate(context, { name, body, conduct }, misbehaviour);
      },
    });
    try {
      ready = await openKeeper({
        ...meansOf(options),
        disk,
        pace,
        warn,
        openStore: options.openStore,
        logIntervalMs: (options.logIntervalSeconds ?? 300) * 1000,
        changed: (cluster) => {
          idle.touch();
          misbehaviour.history.remember(cluster, clock.now().getTime());
        },
      });
    } catch (error) {
      await server.close();
      throw error;
    }
    opened(ready);
    const kept = ready;
    let closed: Promise<void> | undefined;
    const close = async () => {
      idle.stop();
      await Promise.all([server.close(), kept.close()]);
      await release();
    };
    const abandon = () => kept.abandon();
    return { url: server.url, close: () => (closed ??= close()), abandon };
  } catch (error) {
    idle.stop();
    await release();
    throw error;
  }
}

function paceOf({ pace = {}, logDelaySeconds }: EndpointOptions): Pace {
  return {
    startingMs: pace.startingMs ?? 200,
    bootstrappingMs: pace.bootstrappingMs ?? 200,
    terminatingMs: pace.terminatingMs ?? 200,
    endRunningAs: pace.endRunningAs ?? 'CANCELLED',
    logDelayMs: logDelaySeconds * 1000,
  };
}

function meansOf(options: EndpointOptions) {
  let setup: Promise<SparkSetup> | undefined;
  const spark = async () => {
    setup ??= options.spark().catch((error: unknown) => {
      setup = undefined;
      throw error;
    });
    const [ready, variables] = await Promise.all([setup, options.stepVariables?.()]);
    return { ...ready, env: { ...ready.env, ...variables } };
  };
  return {
    clock: options.clock,
    spark,
    launch: options.launch ?? launch,
    environment: options.environment ?? process.env,
    killAfterMs: (options.killAfterSeconds ?? 5) * 1000,
  };
}

/** Calls `onIdle` once nothing has touched it for long enough and no cluster lives. */
function watchIdle(options: EndpointOptions, busy: () => boolean): { touch: () => void; stop: () => void } {
  const { clock, onIdle } = options;
  const limit = (options.idleExitSeconds ?? 600) * 1000;
  const stopped = new AbortController();
  let touched = clock.monotonic();
  const watch = async () => {
    for (;;) {
      const left = touched + limit - clock.monotonic();
      if (left <= 0 && !busy()) break;
      await clock.sleep(left > 0 ? left : limit, stopped.signal);
      if (stopped.signal.aborted) return;
    }
    onIdle?.();
  };
  if (onIdle !== undefined) void watch();
  return { touch: () => (touched = clock.monotonic()), stop: () => stopped.abort() };
}
