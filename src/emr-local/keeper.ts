/** Keeps the records and makes processes, timers and log uploads follow them. Every change goes through `update`. */
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
  /** Called when something goes wrong that no request will report. */
  warn: (message: string) => void;
  /** Called after each change, with the new record. */
  changed: (cluster: ClusterRecord) => void;
}

export interface Keeper {
  get(clusterId: string): ClusterRecord | undefined;
  all(): readonly ClusterRecord[];
  /** Adds a cluster, or replaces one; on disk before it returns, together with all changes that are due at once. */
  put(cluster: ClusterRecord): void;
  /** Changes a cluster that exists. `change` gets the present time. */
  update(clusterId: string, change: (cluster: ClusterRecord, now: number) => ClusterRecord): ClusterRecord;
  /** Stops every running step and leaves all on disk. */
  close(): Promise<void>;
  /** Kills every running step and waits for nothing: the next keeper sees that they are dead. */
  abandon(): void;
}

/** The state of a keeper, shared by the functions of this file. */
interface Scheduler extends KeeperOptions {
  clusters: Map<string, ClusterRecord>;
  runs: Map<string, { stop: StepRun['stop']; recorded: Promise<void> }>;
  uploads: Map<string, Promise<void>>;
  /** Of steps that run, or have run: their last logs wait for uploads that are still under way. */
  running: Map<string, RunningLogs>;
  timers: Map<string, AbortController>;
  closing: boolean;
  clockSetBy: () => number;
  /** Aborted when `closing` is set. */
  closed: AbortController;
}

/** Continues from what is on disk: steps that ran when their endpoint died have failed, the rest goes on. */
export async function openKeeper(options: KeeperOptions): Promise<Keeper> {
  const scheduler: Scheduler = {
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
  const now = scheduler.clock.now().getTime();
  for (const cluster of scheduler.disk.load()) {
    if (cluster.ended !== undefined && now - cluster.ended > REMEMBERED_MS) scheduler.disk.remove(cluster.id);
    else scheduler.clusters.set(cluster.id, cluster);
  }
  for (const cluster of [...scheduler.clusters.values()].filter(isLive)) {
    await takeUp(scheduler, cluster);
  }
  return {
    get: (id) => scheduler.clusters.get(id),
    all: () => [...scheduler.clusters.values()],
    put: (cluster) => put(scheduler, cluster),
    update: (id, change) => update(scheduler, id, change),
    close: () => close(scheduler),
    abandon: () => {
      for (const run of scheduler.runs.values()) run.stop('TERMINATE_PROCESS');
    },
  };
}

async function takeUp(scheduler: Scheduler, cluster: ClusterRecord): Promise<void> {
  const orphans = cluster.steps.filter(isUnderWay);
  for (const { id, pid, started } of orphans) {
    const startedAt = present(started, `start of step ${id}`);
    await killLeftBehind({ id, startedAt, ...(pid === undefined ? {} : { pid }) });
  }
  const outcome = lost('The endpoint ended while the step was running');
  put(
    scheduler,
    orphans.reduce(
      (record, { id }) => endStep(record, { id, outcome }, scheduler.clock.now().getTime(), scheduler.pace),
      cluster,
    ),
  );
}

function update(scheduler: Scheduler, id: string, change: Parameters<Keeper['update']>[1]): ClusterRecord {
  followClock(scheduler);
  const before = scheduler.clusters.get(id);
  if (before === undefined) throw new Error(`no cluster ${id}`);
  const after = change(before, scheduler.clock.now().getTime());
  put(scheduler, after);
  return scheduler.clusters.get(id) ?? after;
}

/** Setting the clock makes nothing due: the times in the records move with it. */
function followClock(scheduler: Scheduler): void {
  const ms = scheduler.clockSetBy();
  if (ms === 0) return;
  for (const [id, cluster] of scheduler.clusters)
    if (isLive(cluster)) scheduler.clusters.set(id, withClockSet(cluster, ms));
}

function put(scheduler: Scheduler, changed: ClusterRecord): void {
  followClock(scheduler);
  // The clock is read once: whatever `settle` leaves undone at `now` waits for something else.
  const now = scheduler.clock.now().getTime();
  const cluster = scheduler.closing ? changed : settle(changed, now, scheduler.pace);
  if (cluster !== scheduler.clusters.get(cluster.id)) {
    scheduler.disk.save(cluster);
    scheduler.clusters.set(cluster.id, cluster);
    scheduler.changed(cluster);
  }
  if (scheduler.closing) return;
  for (const step of cluster.steps) follow(scheduler, cluster, step, now);
  const { id, bootstrapLog: log } = cluster;
  if (log?.state === 'due' && !scheduler.uploads.has(id))
    upload(scheduler, cluster, id, uploadOfBootstrap(id, log));
  arm(scheduler, cluster, now);
}

/** Makes process and uploads agree with one step's record. */
function follow(scheduler: Scheduler, cluster: ClusterRecord, step: StepRecord, now: number): void {
  const run = scheduler.runs.get(step.id);
  if (step.state === 'RUNNING' && run === undefined) start(scheduler, cluster, step);
  if (step.state === 'CANCEL_PENDING') run?.stop(step.stop?.how ?? 'SEND_INTERRUPT');
  const { logs, logsDue } = step;
  const isDue = cluster.state === 'TERMINATING' || (logsDue !== undefined && logsDue <= now);
  if (logs === 'due' && isDue && !scheduler.uploads.has(step.id)) {
    const folder = scheduler.disk.stepFolder(cluster.id, step.id);
    upload(
      scheduler,
      cluster,
      step.id,
      uploadOfStep({ clusterId: cluster.id, stepId: step.id }, folder, scheduler.running),
    );
  }
}

function start(scheduler: Scheduler, cluster: ClusterRecord, step: StepRecord): void {
  const started = (pid: number) => {
    const withPid = (other: StepRecord) =>
      other.id === step.id && isUnderWay(other) ? { ...other, pid } : other;
    void insist(scheduler, `process ${pid} of step ${step.id} could not be recorded`, () =>
      update(scheduler, cluster.id, (record) => ({ ...record, steps: record.steps.map(withPid) })),
    );
  };
  const folder = scheduler.disk.stepFolder(cluster.id, step.id);
  const spark = async () => {
    const setup = await scheduler.spark();
    return { ...setup, conf: withClusterConf(setup.conf, cluster.described['Configurations']) };
  };
  const run = runStep({ cluster, step, folder, started }, { ...scheduler, spark });
  if (isLogged(cluster)) scheduler.running.set(step.id, startUploads(scheduler, cluster, step));
  const recorded = run.done.then(async (outcome) => {
    // Its process is gone; another process may get the same id from now on.
    held.stop = () => undefined;
    void scheduler.running.get(step.id)?.stop();
    const seen = scheduler.closing && !outcome.ok ? lost('The endpoint was stopped') : outcome;
    await insist(scheduler, `the end of step ${step.id} could not be recorded`, () =>
      update(scheduler, cluster.id, (record, now) =>
        endStep(record, { id: step.id, outcome: seen }, now, scheduler.pace),
      ),
    );
    // Not before: a step that is recorded as running and has no run would be started again.
    scheduler.runs.delete(step.id);
  });
  const held = { stop: (how: Cancellation) => run.stop(how), recorded };
  scheduler.runs.set(step.id, held);
}

function startUploads(scheduler: Scheduler, cluster: ClusterRecord, { id: stepId }: StepRecord): RunningLogs {
  const { clock, logIntervalMs: intervalMs, warn } = scheduler;
  return uploadRunningLogs({
    clock,
    intervalMs,
    openStore: () => storeOf(scheduler, cluster),
    folder: scheduler.disk.stepFolder(cluster.id, stepId),
    place: { clusterId: cluster.id, stepId },
    warn: (error) => warn(`logs of running step ${stepId} could not be uploaded: ${messageOf(error)}`),
  });
}

const storeOf = (scheduler: Scheduler, { logUri = '' }: ClusterRecord) =>
  scheduler.openStore(logUri.replace(/^s3[na]:/, 's3:'));

/** One upload of some logs; `key` is the step's id, or the cluster's. */
function upload(
  scheduler: Scheduler,
  cluster: ClusterRecord,
  key: string,
  { what, send, settle: settled }: Upload,
): void {
  const attempt = async () => send(await storeOf(scheduler, cluster));
  const over = new AbortController();
  const giveUp = scheduler.clock.sleep(UPLOAD_LIMIT_MS, over.signal).then(() => {
    throw new Error(`no answer within ${UPLOAD_LIMIT_MS / 1000} seconds`);
  });
  const done = Promise.race([attempt(), giveUp])
    .then(() => 'uploaded' as const)
    .catch((error: unknown) => {
      scheduler.warn(
        `${what} could not be uploaded to ${present(cluster.logUri, 'LogUri')}: ${messageOf(error)}`,
      );
      return undefined;
    })
    .then(async (uploaded) => {
      over.abort();
      await insist(scheduler, `the upload of the ${what} could not be recorded`, () =>
        update(scheduler, cluster.id, (record, now) => {
          const retry = record.state === 'TERMINATING' ? 'lost' : { retryAt: now + UPLOAD_AGAIN_MS };
          return settled(record, uploaded ?? retry);
        }),
      );
      scheduler.uploads.delete(key);
    });
  scheduler.uploads.set(key, done);
}

/** Wakes up when the cluster's next change is due. */
function arm(scheduler: Scheduler, cluster: ClusterRecord, now: number): void {
  scheduler.timers.get(cluster.id)?.abort();
  scheduler.timers.delete(cluster.id);
  const due = nextDue(cluster);
  // An overdue change waits for a process or an upload, whose end calls this function again.
  if (due === undefined || due <= now) return;
  const timer = new AbortController();
  scheduler.timers.set(cluster.id, timer);
  void scheduler.clock.sleep(due - now, timer.signal).then(() => {
    if (timer.signal.aborted) return;
    void insist(scheduler, `cluster ${cluster.id} could not continue`, () =>
      update(scheduler, cluster.id, (record) => record),
    );
  });
}

/** For changes that no request waits for: retried until they succeed. The first failure is a warning. */
async function insist(scheduler: Scheduler, what: string, change: () => void): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    const last = scheduler.closing;
    try {
      change();
      return;
    } catch (error) {
      if (failures === 0) scheduler.warn(`${what}: ${messageOf(error)}`);
    }
    if (last) return;
    await scheduler.clock.sleep(WRITE_AGAIN_MS, scheduler.closed.signal);
  }
}

async function close(scheduler: Scheduler): Promise<void> {
  scheduler.closing = true;
  scheduler.closed.abort();
  for (const timer of scheduler.timers.values()) timer.abort();
  const runs = [...scheduler.runs.values()];
  for (const run of runs) run.stop('SEND_INTERRUPT');
  await Promise.all(runs.map((run) => run.recorded));
  const over = new AbortController();
  const running = [...scheduler.running.values()].map((logs) => logs.stop());
  const uploads = Promise.all([...scheduler.uploads.values(), ...running]).then(() => over.abort());
  await Promise.race([uploads, scheduler.clock.sleep(5000, over.signal)]);
}

/** Not the program's fault. EMR has no such reason: there the instance and the cluster would be lost. */
function lost(message: string): StepOutcome {
  return { ok: false, failure: { Reason: 'Infrastructure failure.', Message: message } };
}
