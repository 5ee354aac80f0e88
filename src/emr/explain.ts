/** Explains why a step or a cluster failed, from the logs that EMR copies to LogUri, often minutes late. */
import { LandfallError } from '../faults.ts';
import type { Clock, Explain, Step } from '../run/ports.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import type { ClusterLogs } from './cluster-logs.ts';
import { readLog } from './log-files.ts';
import type { LogFile } from './log-files.ts';
import { UPLOAD_MS, uploadedWhen } from './log-uploads.ts';
import { firstPlainLine, plainLine } from './plain-text.ts';
import { lastLines, ownFailureIn, shorten, tellingLines } from './telling-lines.ts';

export interface ExplainSettings {
  openStore: (uri: string) => Promise<Store>;
  clock: Clock;
  /** Where a cluster puts its logs and why it ended: `clusterLogs` of this folder. */
  describe: (clusterId: string) => Promise<ClusterLogs>;
  /** Used when EMR does not give the cluster's own. */
  logUri?: string;
  /** How long to wait for logs that are not there yet; `waiting` is called once, when the wait begins. */
  waitSeconds: number;
  waiting: (message: string) => void;
  pollSeconds: number;
}

/** How many nodes' bootstrap logs are read at most: they mostly say the same. */
const BOOTSTRAP_LOGS = 3;

/** Makes the port that explains failures. When logs cannot be read, it says so and does not throw. */
export function createExplain(settings: ExplainSettings): Explain {
  return async ({ clusterId, step, pipeline = '' }, signal) => {
    const cluster = await described(settings, clusterId);
    const details = step === undefined ? [] : failureDetails(step);
    if (step === undefined && cluster.reasonCode !== 'BOOTSTRAP_FAILURE') return [];
    const logUri = plainLogUri(cluster.logUri) ?? plainLogUri(settings.logUri);
    if (logUri === undefined) return [...details, `logging is disabled on cluster ${clusterId} (no LogUri)`];
    try {
      const store = await settings.openStore(logUri);
      const lines =
        step === undefined
          ? await explainBootstrap(settings, store, { ...cluster, clusterId, signal })
          : await explainStep(settings, store, { clusterId, step, pipeline, signal });
      return [...details.filter((line) => !lines.some((other) => other.includes(shorten(line)))), ...lines];
    } catch (error) {
      if (!(error instanceof LandfallError)) throw error;
      return [...details, plainLine(`the logs in ${logUri} could not be read: ${error.message}`)];
    }
  };
}

async function described({ describe }: ExplainSettings, clusterId: string): Promise<ClusterLogs> {
  try {
    return await describe(clusterId);
  } catch (error) {
    if (error instanceof LandfallError) return { instances: [] };
    throw error;
  }
}

/** EMR echoes `s3n://`, and gives "None" for no logs. */
export function plainLogUri(recorded: string | undefined): string | undefined {
  const uri = recorded
    ?.trim()
    .replace(/^s3[an]:\/\//i, 's3://')
    .replace(/(?<!\/)\/+$/, '');
  return uri === undefined || uri === '' || uri === 'None' ? undefined : uri;
}

function failureDetails({ failure }: Step): string[] {
  return [failure?.reason, failure?.message]
    .map((text) => (text === undefined ? '' : firstPlainLine(text)))
    .filter((text, at, all) => text !== '' && !/^unknown error\.?$/i.test(text) && all.indexOf(text) === at);
}

interface StepLogs {
  stdout: LogFile | undefined;
  stderr: LogFile | undefined;
  controller: LogFile | undefined;
}

async function explainStep(
  settings: ExplainSettings,
  store: Store,
  {
    clusterId,
    step,
    pipeline,
    signal,
  }: { clusterId: string; step: Step; pipeline: string; signal: AbortSignal | undefined },
): Promise<string[]> {
  const folder = `${clusterId}/steps/${step.id}`;
  const logs = await untilUploaded(settings, store, { folder, ended: step.ended, signal });
  const { lines, during, applicationId } = tellingLines({
    stdout: logs.stdout?.text,
    stderr: logs.stderr?.text,
    pipeline,
  });
  const inContainer =
    lines.length > 0 || applicationId === undefined
      ? undefined
      : await container(store, { clusterId, applicationId, pipeline });
  const cause = lines.length > 0 ? lines : (inContainer?.lines ?? []);
  const where = inContainer?.uri ?? uriOf(store, folder);
  const lacking = missing(logs, step.ended);
  const silent = lacking === undefined ? [exitOf(logs.controller) ?? 'its logs show no cause', during] : [];
  return [
    ...(cause.length > 0 ? cause : silent.filter((line) => line !== undefined)),
    ...(applicationId === undefined ? [] : [`application ${applicationId}`]),
    lacking === undefined
      ? `logs: ${where}`
      : `the step's ${lacking} are not uploaded yet (waited ${String(settings.waitSeconds)} s): ${where}`,
  ];
}

/** What is missing of the logs; undefined when the last ones are there, or the program's own failure line is. */
function missing({ stdout, stderr, controller }: StepLogs, ended: Date | undefined): string | undefined {
  const files = [stdout, stderr, controller].filter((file) => file !== undefined);
  if (files.length === 0) return 'logs';
  const isBefore = ({ uploaded }: LogFile) =>
    ended !== undefined && uploadedWhen(uploaded, ended) === 'before';
  return files.every(isBefore) && !hasFailureLine({ stdout, stderr }) ? 'last logs' : undefined;
}

/** A shell's exit codes for a program that a signal ended. */
const SIGNALLED: Readonly<Record<string, string>> = {
  137: 'it was killed (SIGKILL), most often for lack of memory',
  143: 'it was terminated (SIGTERM)',
};

/** The exit code that EMR's step runner saw. */
function exitOf(controller: LogFile | undefined): string | undefined {
  for (const line of lastLines(controller?.text, 200).reverse()) {
    const code = /exit ?code:? (\d+)/i.exec(line)?.[1];
    if (code === undefined) continue;
    const why = SIGNALLED[code];
    return `its program ended with exit code ${code}${why === undefined ? '' : `: ${why}`}`;
  }
  return undefined;
}

/**
 * Polls until the driver's logs are there: all of those from after the step's end, or one of them that shows a cause.
 */
async function untilUploaded(
  { clock, waitSeconds, pollSeconds, waiting }: ExplainSettings,
  store: Store,
  { folder, ended, signal }: { folder: string; ended: Date | undefined; signal: AbortSignal | undefined },
): Promise<StepLogs> {
  const deadline = clock.monotonic() + waitSeconds * 1000;
  let begun: number | undefined;
  let logs: StepLogs = { stdout: undefined, stderr: undefined, controller: undefined };
  for (let announced = false; ; announced = true) {
    const { stdout, stderr, controller } = logs;
    const [out, err, control] = await Promise.all([
      readLog(store, `${folder}/stdout.gz`, stdout),
      readLog(store, `${folder}/stderr.gz`, stderr),
      readLog(store, `${folder}/controller.gz`, controller),
    ]);
    logs = { stdout: out, stderr: err, controller: control };
    const now = clock.monotonic();
    const uploaded = uploadedAfter(logs, ended);
    if (uploaded !== 'none') begun ??= now;
    if (uploaded === 'all' || now >= deadline || (begun !== undefined && now - begun >= UPLOAD_MS))
      return logs;
    if (showsTheCause(logs, ended)) return logs;
    if (!announced) waiting(`waiting for the step's logs, up to ${String(waitSeconds)} s`);
    await clock.sleep(Math.min(pollSeconds * 1000, deadline - now), signal);
    if (signal?.aborted === true) return logs;
  }
}

/**
 * True once the logs have the program's own failure line; or a cause, with a stdout from after the end, because
 * only stdout shows which table was being written. Errors in a log from before the end need not be the cause: Spark
 * survives many.
 */
function showsTheCause({ stdout, stderr }: StepLogs, ended: Date | undefined): boolean {
  if (hasFailureLine({ stdout, stderr })) return true;
  if (!isLate(stdout, ended)) return false;
  const lately = isLate(stderr, ended) ? stderr?.text : undefined;
  return tellingLines({ stdout: stdout?.text, stderr: lately, pipeline: '' }).lines.length > 0;
}

const hasFailureLine = (files: Pick<StepLogs, 'stdout' | 'stderr'>): boolean =>
  Object.values(files).some((file) => ownFailureIn(file?.text) !== undefined);

const isLate = (file: LogFile | undefined, ended: Date | undefined): boolean =>
  file !== undefined && (ended === undefined || uploadedWhen(file.uploaded, ended) === 'after');

/** How many of the files come from after the step's end: EMR uploads a running step's logs too, without their end. */
function uploadedAfter(
  { stdout, stderr, controller }: StepLogs,
  ended: Date | undefined,
): 'none' | 'some' | 'all' {
  const late = [stdout, stderr, controller].map((file) => isLate(file, ended));
  if (!late.includes(true)) return 'none';
  return late[0] === true && late[1] === true ? 'all' : 'some';
}

/** In cluster mode the driver writes into the application's first container. The folder may not be there. */
async function container(
  store: Store,
  { clusterId, applicationId, pipeline }: { clusterId: string; applicationId: string; pipeline: string },
): Promise<{ lines: string[]; uri: string } | undefined> {
  const folder = `${clusterId}/containers/${applicationId}/`;
  for await (const { key } of store.list(folder)) {
    const driver = /^(.*_01_000001)\/(?:stdout|stderr)\.gz$/.exec(key)?.[1];
    if (driver === undefined) continue;
    const stdout = await readLog(store, `${driver}/stdout.gz`);
    const stderr = await readLog(store, `${driver}/stderr.gz`);
    const { lines } = tellingLines({
      stdout: stdout?.text,
      stderr: stderr?.text,
      pipeline,
    });
    return { lines, uri: uriOf(store, driver) };
  }
  return undefined;
}

/** The last words of the bootstrap actions that failed; the nodes that EMR names come first. */
async function explainBootstrap(
  { clock, waitSeconds, pollSeconds, waiting }: ExplainSettings,
  store: Store,
  { clusterId, instances, signal }: ClusterLogs & { clusterId: string; signal: AbortSignal | undefined },
): Promise<string[]> {
  const folder = `${clusterId}/node/`;
  const deadline = clock.monotonic() + waitSeconds * 1000;
  const rank = (key: string) => (instances.some((id) => key.includes(`/${id}/`)) ? 0 : 1);
  for (let announced = false; ; announced = true) {
    const keys: string[] = [];
    for await (const { key } of store.list(folder)) {
      if (/\/bootstrap-actions\/[^/]+\/stderr\.gz$/.test(key)) keys.push(key);
    }
    for (const key of keys.sort((a, b) => rank(a) - rank(b)).slice(0, BOOTSTRAP_LOGS)) {
      const lines = lastLines((await readLog(store, key))?.text, 3);
      if (lines.length > 0) return [...lines, `logs: ${uriOf(store, key)}`];
    }
    const left = deadline - clock.monotonic();
    if (left <= 0)
      return [
        `the bootstrap logs are not uploaded yet (waited ${String(waitSeconds)} s): ${uriOf(store, folder)}`,
      ];
    if (!announced) waiting(`waiting for the bootstrap logs, up to ${String(waitSeconds)} s`);
    await clock.sleep(Math.min(pollSeconds * 1000, left), signal);
    if (signal?.aborted === true) return [];
  }
}
