/** Keeps the records and makes the world follow them: processes, timers, log uploads. Every change goes through `update`. */
import { messageOf } from '../message-of.ts';
import { present } from '../present.ts';
import { watchClock } from './clock-set.ts';
import { endStep, nextDue, settle, withClockSet } from './cluster-machine.ts';
import { killLeftBehind } from './processes.ts';
import { isLive, isLogged, isUnderWay } from './records.ts';
import { runStep } from './run-step.ts';
import { uploadRunningLogs } from './running-logs.ts';
import { withClusterConf } from './spark-defaults.ts';
import { uploadOfBootstrap, uploadOfStep } from './uploads.ts';
import type { Pace } from './cluster-machine.ts';
import type { Disk } from './disk.ts';
import type { Cancellation, ClusterRecord, StepRecord } from './records.ts';
import type { Means, StepRun } from './run-step.ts';
import type { RunningLogs } from './running-logs.ts';
import type { Upload } from './uploads.ts';
import type { StepOutcome } from './step-machine.ts';
import type { Store } from '../store/store.ts';

/** EMR lists finished clusters for two months. */
const REMEMBERED_MS = 61 * 24 * 3600 * 1000;
const UPLOAD_AGAIN_MS = 30_000;
const UPLOAD_LIMIT_MS = 120_000;
const WRITE_AGAIN_MS = 2_000;

export interface KeeperOptions extends Means {
  disk: Disk;
  pace: Pace;
  openStore: (uri: string) => Promise<Store>;
  /** How often a running step's logs are uploaded. */
  logIntervalMs: number;
  /** Something went wrong that no request will be told of. */
  warn: (message: string) => void;
  /** Told of each change, what it has come to. */
  changed: (cluster: ClusterRecord) => void;
}

export interface Keeper {
  get(clusterId: string): ClusterRecord | undefined;
  all(): readonly ClusterRecord[];
  /** Takes a new cluster in, or replaces one; on disk before it returns, together with all that is due at once. */
  put(cluster: ClusterRecord): void;
  /** Changes a cluster that exists. `change` gets the present time. */
  update(clusterId: string, change: (cluster: ClusterRecord, now: number) => ClusterRecord): ClusterRecord;
  /** Stops every running step and leaves all on disk. */
  close(): Promise<void>;
  /** Kills every running step and waits for nothing: the next keeper finds out. */
  abandon(): void;
}

/** The state of a keeper, shared by the functions of this file. */
interface Desk extends KeeperOptions {
  clusters: Map<string, ClusterRecord>;
  runs: Map<string, { stop: StepRun['stop']; recorded: Promise<void> }>;
  uploads: Map<string, Promise<void>>;
  /** Of steps that run, or have run: their last logs wait for what is still on its way. */
  running: Map<string, RunningLogs>;
  timers: Map<string, AbortController>;
  closing: boolean;
  clockSetBy: () => number;
  /** Aborted when `closing` is set. */
  closed: AbortController;
}

/** Reads what is on disk and takes it up: steps whose endpoint died under them have failed, all else goes on. */
export async function openKeeper(options: KeeperOptions): Promise<Keeper> {
  const desk: Desk = {
    ...options,
    clusters: new Map(),
    runs: new Map(),
    uploads: new Map(),
    running: new Map(),
    timers: new Map(),
    closing: false,
    clockSetBy: watchClock(options.clock),
    closed: new AbortController(),
  };
  const now = desk.clock.now().getTime();
  for (const cluster of desk.disk.load()) {
    if (cluster.ended !== undefined && now - cluster.ended > REMEMBERED_MS) desk.disk.remove(cluster.id);
    else desk.clusters.set(cluster.id, cluster);
  }
  for (const cluster of [...desk.clusters.values()].filter(isLive)) {
    await takeUp(desk, cluster);
  }
  return {
    get: (id) => desk.clusters.get(id),
    all: () => [...desk.clusters.values()],
    put: (cluster) => put(desk, cluster),
    update: (id, change) => update(desk, id, change),
    close: () => close(desk),
    abandon: () => {
      for (const run of desk.runs.values()) run.stop('TERMINATE_PROCESS');
    },
  };
}

async function takeUp(desk: Desk, cluster: ClusterRecord): Promise<void> {
  const orphans = cluster.steps.filter(isUnderWay);
  for (const { id, pid, started } of orphans) {
    const startedAt = present(started, `start of step ${id}`);
    await killLeftBehind({ id, startedAt, ...(pid === undefined ? {} : { pid }) });
  }
  const outcome = lost('The endpoint ended while the step was running');
  put(
    desk,
    orphans.reduce(
      (record, { id }) => endStep(record, { id, outcome }, desk.clock.now().getTime(), desk.pace),
      cluster,
    ),
  );
}

function update(desk: Desk, id: string, change: Parameters<Keeper['update']>[1]): ClusterRecord {
  followClock(desk);
  const before = desk.clusters.get(id);
  if (before === undefined) throw new Error(`no cluster ${id}`);
  const after = change(before, desk.clock.now().getTime());
  put(desk, after);
  return desk.clusters.get(id) ?? after;
}

/** A clock that is set makes nothing due that was not: the records move along. */
function followClock(desk: Desk): void {
  const ms = desk.clockSetBy();
  if (ms === 0) return;
  for (const [id, cluster] of desk.clusters)
    if (isLive(cluster)) desk.clusters.set(id, withClockSet(cluster, ms));
}

function put(desk: Desk, changed: ClusterRecord): void {
  followClock(desk);
  // One reading of the clock for all: what settling left undone at `now` is then known to wait for something else.
  const now = desk.clock.now().getTime();
  const cluster = desk.closing ? changed : settle(changed, now, desk.pace);
  if (cluster !== desk.clusters.get(cluster.id)) {
    desk.disk.save(cluster);
    desk.clusters.set(cluster.id, cluster);
    desk.changed(cluster);
  }
  if (desk.closing) return;
  for (const step of cluster.steps) follow(desk, cluster, step, now);
  const { id, bootstrapLog: log } = cluster;
  if (log?.state === 'due' && !desk.uploads.has(id)) upload(desk, cluster, id, uploadOfBootstrap(id, log));
  arm(desk, cluster, now);
}

/** Makes the world agree with one step's record. */
function follow(desk: Desk, cluster: ClusterRecord, step: StepRecord, now: number): void {
  const run = desk.runs.get(step.id);
  if (step.state === 'RUNNING' && run === undefined) start(desk, cluster, step);
  if (step.state === 'CANCEL_PENDING') run?.stop(step.stop?.how ?? 'SEND_INTERRUPT');
  const { logs, logsDue } = step;
  const isDue = cluster.state === 'TERMINATING' || (logsDue !== undefined && logsDue <= now);
  if (logs === 'due' && isDue && !desk.uploads.has(step.id)) {
    const folder = desk.disk.stepFolder(cluster.id, step.id);
    upload(
      desk,
      cluster,
      step.id,
      uploadOfStep({ clusterId: cluster.id, stepId: step.id }, folder, desk.running),
    );
  }
}

function start(desk: Desk, cluster: ClusterRecord, step: StepRecord): void {
  const started = (pid: number) => {
    const withPid = (other: StepRecord) =>
      other.id === step.id && isUnderWay(other) ? { ...other, pid } : other;
    void insist(desk, `process ${pid} of step ${step.id} could not be written down`, () =>
      update(desk, cluster.id, (record) => ({ ...record, steps: record.steps.map(withPid) })),
    );
  };
  const folder = desk.disk.stepFolder(cluster.id, step.id);
  const spark = async () => {
    const setup = await desk.spark();
    return { ...setup, conf: withClusterConf(setup.conf, cluster.described['Configurations']) };
  };
  const run = runStep({ cluster, step, folder, started }, { ...desk, spark });
  if (isLogged(cluster)) desk.running.set(step.id, startUploads(desk, cluster, step));
  const recorded = run.done.then(async (outcome) => {
    // Its process is gone; what has the same id from now on is a stranger's.
    held.stop = () => undefined;
    void desk.running.get(step.id)?.stop();
    const seen = desk.closing && !outcome.ok ? lost('The endpoint was stopped') : outcome;
    await insist(desk, `the end of step ${step.id} could not be written down`, () =>
      update(desk, cluster.id, (record, now) =>
        endStep(record, { id: step.id, outcome: seen }, now, desk.pace),
      ),
    );
    // Not before: a step that is recorded as running and has no run would be started again.
    desk.runs.delete(step.id);
  });
  const held = { stop: (how: Cancellation) => run.stop(how), recorded };
  desk.runs.set(step.id, held);
}

function startUploads(desk: Desk, cluster: ClusterRecord, { id: stepId }: StepRecord): RunningLogs {
  const { clock, logIntervalMs: intervalMs, warn } = desk;
  return uploadRunningLogs({
    clock,
    intervalMs,
    openStore: () => storeOf(desk, cluster),
    folder: desk.disk.stepFolder(cluster.id, stepId),
    place: { clusterId: cluster.id, stepId },
    warn: (error) => warn(`logs of running step ${stepId} could not be uploaded: ${messageOf(error)}`),
  });
}

const storeOf = (desk: Desk, { logUri = '' }: ClusterRecord) =>
  desk.openStore(logUri.replace(/^s3[na]:/, 's3:'));

/** One upload of some logs; `key` is the step's id, or the cluster's. */
function upload(
  desk: Desk,
  cluster: ClusterRecord,
  key: string,
  { what, send, settle: settled }: Upload,
): void {
  const attempt = async () => send(await storeOf(desk, cluster));
  const over = new AbortController();
  const giveUp = desk.clock.sleep(UPLOAD_LIMIT_MS, over.signal).then(() => {
    throw new Error(`no answer within ${UPLOAD_LIMIT_MS / 1000} seconds`);
  });
  const done = Promise.race([attempt(), giveUp])
    .then(() => 'uploaded' as const)
    .catch((error: unknown) => {
      desk.warn(`${what} could not be uploaded to ${present(cluster.logUri, 'LogUri')}: ${messageOf(error)}`);
      return undefined;
    })
    .then(async (uploaded) => {
      over.abort();
      await insist(desk, `the upload of the ${what} could not be written down`, () =>
        update(desk, cluster.id, (record, now) => {
          const retry = record.state === 'TERMINATING' ? 'lost' : { retryAt: now + UPLOAD_AGAIN_MS };
          return settled(record, uploaded ?? retry);
        }),
      );
      desk.uploads.delete(key);
    });
  desk.uploads.set(key, done);
}

/** Wakes up when the cluster's next change is due. */
function arm(desk: Desk, cluster: ClusterRecord, now: number): void {
  desk.timers.get(cluster.id)?.abort();
  desk.timers.delete(cluster.id);
  const due = nextDue(cluster);
  // What is overdue waits for a process or an upload, whose end comes here by itself.
  if (due === undefined || due <= now) return;
  const timer = new AbortController();
  desk.timers.set(cluster.id, timer);
  void desk.clock.sleep(due - now, timer.signal).then(() => {
    if (timer.signal.aborted) return;
    void insist(desk, `cluster ${cluster.id} could not go on`, () =>
      update(desk, cluster.id, (record) => record),
    );
  });
}

/** For changes that no request waits for: tried, such as on a full disk, until they succeed. The first failure is a warning. */
async function insist(desk: Desk, what: string, change: () => void): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    const last = desk.closing;
    try {
      change();
      return;
    } catch (error) {
      if (failures === 0) desk.warn(`${what}: ${messageOf(error)}`);
    }
    if (last) return;
    await desk.clock.sleep(WRITE_AGAIN_MS, desk.closed.signal);
  }
}

async function close(desk: Desk): Promise<void> {
  desk.closing = true;
  desk.closed.abort();
  for (const timer of desk.timers.values()) timer.abort();
  const runs = [...desk.runs.values()];
  for (const run of runs) run.stop('SEND_INTERRUPT');
  await Promise.all(runs.map((run) => run.recorded));
  const over = new AbortController();
  const running = [...desk.running.values()].map((logs) => logs.stop());
  const uploads = Promise.all([...desk.uploads.values(), ...running]).then(() => over.abort());
  await Promise.race([uploads, desk.clock.sleep(5000, over.signal)]);
}

/** Not the program's fault. EMR has no such reason: there the instance and the cluster would be lost. */
function lost(message: string): StepOutcome {
  return { ok: false, failure: { Reason: 'Infrastructure failure.', Message: message } };
}
