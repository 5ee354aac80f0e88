/** One step from its start to its outcome: folders, process, signals, controller log. */
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Env } from '../env.ts';
import { messageOf } from '../message-of.ts';
import { present } from '../present.ts';
import { failureDetails, logFile, tail } from './failure-details.ts';
import { sparkDefaults } from './spark-defaults.ts';
import { stepCommand } from './step-command.ts';
import { stepPaths } from './step-paths.ts';
import { namelessUserOptions, systemUser } from './nameless-user.ts';
import { withStepConf } from './step-conf.ts';
import type { Exit, Launch, RunningProcess } from './step-process.ts';
import type { Cancellation, ClusterRecord, StepRecord } from './records.ts';
import type { SparkSetup } from './step-command.ts';
import type { StepOutcome } from './step-machine.ts';
import type { Clock } from '../run/ports.ts';

/** What running a step takes. */
export interface Means {
  clock: Clock;
  spark: () => Promise<SparkSetup>;
  launch: Launch;
  /** What the steps inherit. */
  environment: Env;
  /** From SIGTERM to SIGKILL. */
  killAfterMs: number;
}

export interface StepRun {
  /** Asks the process group to stop, and kills it after a while. May be called again to kill it at once. */
  stop(how: Cancellation): void;
  /** Never rejects; settles when no process of the group is left. */
  readonly done: Promise<StepOutcome>;
}

export interface Job {
  cluster: Pick<ClusterRecord, 'id' | 'logUri'>;
  step: Pick<StepRecord, 'id' | 'args'>;
  /** The step's own folder. */
  folder: string;
  /** Told once the process runs. */
  started: (pid: number) => void;
}

/** What was requested of a running step, and its process once there is one. */
interface Course {
  wanted: Cancellation | undefined;
  child: RunningProcess | undefined;
  asked: AbortController;
}

/** Starts a step. Its `done` also tells of a step that could not be started. */
export function runStep(job: Job, means: Means): StepRun {
  const course: Course = { wanted: undefined, child: undefined, asked: new AbortController() };
  const ended = new AbortController();
  const done = runThrough(job, means, course)
    .catch(async (error: unknown) => {
      const message = messageOf(error);
      await controllerLog(job, means, `WARN Step could not be run: ${message}`).catch(() => undefined);
      return failed(`The step could not be run: ${message}`);
    })
    .finally(async () => {
      ended.abort();
      await rm(stepPaths(job.folder).scratch, { recursive: true, force: true }).catch(() => undefined);
    });
  return {
    done,
    stop: (how) => {
      if (course.wanted === how || course.wanted === 'TERMINATE_PROCESS') return;
      course.wanted = how;
      course.asked.abort();
      course.child?.signal(how === 'TERMINATE_PROCESS' ? 'SIGKILL' : 'SIGTERM');
      void means.clock.sleep(means.killAfterMs, ended.signal).then(() => {
        if (!ended.signal.aborted) course.child?.signal('SIGKILL');
      });
    },
  };
}

async function runThrough(job: Job, means: Means, course: Course): Promise<StepOutcome> {
  const paths = stepPaths(job.folder);
  await prepare(job.folder);
  await controllerLog(job, means, `INFO startExec ${JSON.stringify(job.step.args)}`);
  const spark = await Promise.race([means.spark(), aborted(course.asked.signal)]);
  if (spark === undefined || course.asked.signal.aborted) {
    return failed('The step was stopped before it started.');
  }
  const step = { ...job.step, clusterId: job.cluster.id };
  const command = stepCommand(step, job.folder, spark, means.environment);
  const jvm = { home: command.env['HOME'] ?? paths.work, options: namelessUserOptions(paths, systemUser()) };
  const conf = sparkDefaults(withStepConf(spark.conf, paths, jvm));
  await writeFile(`${paths.conf}/spark-defaults.conf`, conf, { mode: 0o600 });
  const child = means.launch(command);
  course.child = child;
  if (child.pid !== undefined) job.started(child.pid);
  await controllerLog(job, means, `INFO ProcessRunner started child process : ${child.pid ?? 'none'}`);
  const exit = await child.exited;
  await clearGroup(child, means, course.asked.signal.aborted);
  await controllerLog(job, means, `INFO waitProcessCompletion ended with ${describe(exit)}`);
  if ('code' in exit && exit.code === 0) return { ok: true };
  if ('error' in exit) return failed(exit.error);
  const texts = { stderr: await tail(paths.stderr), stdout: await tail(paths.stdout) };
  return { ok: false, failure: failureDetails(texts, (name) => logFile(job.cluster, job.step.id, name)) };
}

/** Fresh folders and empty logs. */
async function prepare(folder: string): Promise<void> {
  const paths = stepPaths(folder);
  for (const path of [paths.work, paths.conf, paths.scratch]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  for (const path of [paths.controller, paths.stdout, paths.stderr]) {
    await writeFile(path, '', { mode: 0o600 });
  }
}

async function controllerLog(job: Job, means: Means, line: string): Promise<void> {
  const text = `${means.clock.now().toISOString()} ${line}\n`;
  await appendFile(stepPaths(job.folder).controller, text, { mode: 0o600 });
}

/** Processes that outlive their leader get a moment, then SIGTERM unless they already had it, then SIGKILL. */
async function clearGroup(child: RunningProcess, means: Means, asked: boolean): Promise<void> {
  if (!asked) {
    if (await emptied(child, means, Math.min(1000, means.killAfterMs))) return;
    child.signal('SIGTERM');
  }
  if (await emptied(child, means, means.killAfterMs)) return;
  child.signal('SIGKILL');
  await emptied(child, means, means.killAfterMs);
}

async function emptied(child: RunningProcess, { clock }: Means, ms: number): Promise<boolean> {
  const deadline = clock.monotonic() + ms;
  while (await child.groupLives()) {
    if (clock.monotonic() >= deadline) return false;
    await clock.sleep(25);
  }
  return true;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function failed(message: string): StepOutcome {
  return { ok: false, failure: { Reason: 'Unknown Error.', Message: message } };
}

/** As EMR's step runner writes it: a signal is an exit code too. */
function describe(exit: Exit): string {
  if ('code' in exit) return `exit code ${exit.code}`;
  if ('error' in exit) return `an error: ${exit.error}`;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return `exit code ${128 + present(numbers[exit.signal], `signal ${exit.signal}`)} (${exit.signal})`;
}
