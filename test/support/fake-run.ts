/** A whole run on a virtual clock: fake EMR, a lake in memory, real journal and real drive. */
import { sha256 } from '../../src/session/sha256.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { createJournal, openJournal } from '../../src/run/journal.ts';
import type { Journal } from '../../src/run/journal.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import type { Lake, Objects, Ports, StepRequest } from '../../src/run/ports.ts';
import { planned } from '../../src/run/state.ts';
import type { RunState } from '../../src/run/state.ts';
import type { Accepted } from '../../src/run/verification.ts';
import { emrWithRetry, lakeWithRetry, objectsWithRetry } from '../../src/run/with-retry.ts';
import { submission } from '../../src/run/detach.ts';
import type { Submission } from '../../src/run/detach.ts';
import { retryPolicy } from '../../src/run/driven-run.ts';
import { sparingNotes } from '../../src/run/sparing-notes.ts';
import type { Run } from '../../src/run/driven-run.ts';
import { drive } from '../../src/run/drive.ts';
import type { Staging } from '../../src/run/drive.ts';
import { fakeEmr } from './fake-emr.ts';
import type { FakeEmr, FakeEmrOptions } from './fake-emr.ts';
import { memoryObjects } from './memory-objects.ts';
import type { MemoryObjects } from './memory-objects.ts';
import { seededRandom } from './seeded-random.ts';
import { argument, outputKey, programsOf } from './step-arguments.ts';
import { virtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const plan: RunPlan = {
  version: 1,
  run: 'r1',
  pipeline: 'sparkify',
  plannedAt: '2026-11-21T09:30:00.000Z',
  lake: 's3://lake/root',
  logUri: 's3://lake/root/_landfall/logs/',
  sources: [{ name: 'song_data', uri: 's3://in/song_data', objects: 1, bytes: 10, skipped: 0 }],
  inputsDigest: 'd',
  digests: { sources: { song_data: 'd' }, tables: {} },
  steps: [
    {
      name: 'song_transform',
      digest: sha256('print(1)'),
      sources: [{ name: 'song_data', views: ['song_data'] }],
      upstreams: [],
      tables: [],
      dependencies: {},
    },
    {
      name: 'log_transform',
      digest: sha256('print(2)'),
      sources: [],
      upstreams: ['song_transform'],
      tables: [],
      dependencies: {},
    },
  ],
  applications: 'per_step',
  cluster: { kind: 'new' },
  release: 'emr-7.13.0',
  publication: 1,
  keepAlive: false,
  settleSeconds: 60,
  idleTimeoutSeconds: 600,
  stepTimeoutSeconds: 0,
  maxQuarantined: 0.01,
  origin: { folder: 'my/pipeline', variables: {} },
};

/** The state by its journal after staging, before any request to EMR. */
export const begun: RunState = { ...planned(plan), driver: 'd', staged: true, length: 2 };

export const staging: Staging = {
  manifest: new Uint8Array([1]),
  programs: { song_transform: 'print(1)', log_transform: 'print(2)' },
};

export interface FakeWorld {
  clock: VirtualClock;
  objects: MemoryObjects;
  emr: FakeEmr;
  ports: Ports;
  events: RunEvent[];
  published: string[];
}

/** A world with nothing in it yet; `options` sets EMR's faults. */
export function fakeWorld(seed: number, options: Partial<FakeEmrOptions> = {}): FakeWorld {
  const clock = virtualClock();
  const random = seededRandom(seed);
  const objects = memoryObjects(clock);
  const events: RunEvent[] = [];
  const published: string[] = [];
  const completeProgram = async (step: Pick<StepRequest, 'args'>, applicationId: string) => {
    const [upstream, uri] = argument(step, '--upstream').split('=');
    const read =
      uri === undefined ? undefined : await firstComplete(objects, uri.slice(objects.uri.length + 1));
    if (uri !== undefined && read === undefined) return false;
    const endedAt = clock.now().getTime();
    const upstreams = read === undefined ? {} : { [upstream ?? '']: `${objects.uri}/${read.key}` };
    const report = {
      version: 1,
      token: argument(step, '--token'),
      applicationId,
      endedAt,
      upstreams,
    } as unknown as StepReport;
    const key = `${outputKey(objects, step)}/${applicationId}-${random.hex(4)}/report.json`;
    await objects.put(key, new TextEncoder().encode(JSON.stringify(report)));
    return true;
  };
  const complete: FakeEmrOptions['complete'] = async (step, applicationId) => {
    for (const args of programsOf(step.args))
      if (!(await completeProgram({ args }, applicationId))) return false;
    return true;
  };
  const emr = fakeEmr({ clock, random, complete, ...options });
  const ports: Ports = {
    clock,
    random,
    objects,
    emr,
    explain: () => Promise.resolve(['ValueError: no such column']),
    lake: fakeLake(objects, published),
    emit: (event) => events.push(event),
    note: sparingNotes({ clock, emit: (event) => ports.emit(event) }),
    sha256,
  };
  return { clock, objects, emr, ports, events, published };
}

/** The lake of a run whose tables nobody reads. */
export function fakeLake(objects: Objects, published: string[]): Lake {
  return {
    readExecution: async (key, token) => {
      const body = await objects.get(`${key}/report.json`);
      if (body === undefined) return undefined;
      return { step: token, key, report: JSON.parse(new TextDecoder().decode(body)) as StepReport };
    },
    acceptExecution: async (attemptKey, token) => {
      const found = await firstComplete(objects, attemptKey);
      return found?.report.token === token ? { step: token, ...found } : undefined;
    },
    verify: () => Promise.resolve({ tables: [], kept: [], findings: [] }),
    publish: async (its) => {
      const created = await objects.createIfAbsent(
        `_landfall/published/${String(its.publication)}`,
        new Uint8Array(),
      );
      if (created) published.push(its.run);
      return created || published.includes(its.run);
    },
    mirror: () => Promise.resolve(),
  };
}

/** The execution at or below a folder whose report came first, as `acceptExecution` and a step choose it. */
async function firstComplete(
  objects: Objects,
  folder: string,
): Promise<Pick<Accepted, 'key' | 'report'> | undefined> {
  let first: Pick<Accepted, 'key' | 'report'> | undefined;
  for await (const { key } of objects.list(`${folder}/`)) {
    if (!key.endsWith('/report.json')) continue;
    const report = JSON.parse(new TextDecoder().decode(await objects.get(key))) as StepReport;
    if (first === undefined || report.endedAt < first.report.endedAt)
      first = { key: key.slice(0, -'/report.json'.length), report };
  }
  return first;
}

/** Starts the run in this world, as the driver of that name. */
export function startRun({ ports }: FakeWorld, driver = 'driver-1', its: RunPlan = plan): Promise<Journal> {
  const { objects, clock, random } = ports;
  return createJournal({ objects, clock, random, driver }, { entry: 'planned', plan: its });
}

/** Opens the run as another driver that takes it over. */
export async function takeOver({ ports }: FakeWorld, driver: string): Promise<Journal> {
  const { objects, clock, random } = ports;
  const journal = await openJournal({ objects, clock, random, driver }, plan.run);
  await journal.append({ entry: 'taken-over', from: journal.state().driver });
  return journal;
}

/** A run in this world, with the retries that `session/` adds to its ports. */
export function runIn(
  { ports }: Pick<FakeWorld, 'ports'>,
  journal: Journal,
  signal = new AbortController().signal,
): Run {
  const policy = retryPolicy(ports, signal);
  return {
    ports: {
      ...lateBound(ports),
      emr: emrWithRetry(lateBound(ports.emr), policy),
      objects: objectsWithRetry(lateBound(ports.objects), policy),
      lake: lakeWithRetry(lateBound(ports.lake), policy),
    },
    journal,
    signal,
    looks: new Map(),
  };
}

/** A run after an interruption, as its cancellation sees it: nothing is retried. */
export function interruptedRun({ ports }: Pick<FakeWorld, 'ports'>, journal: Journal): Run {
  return { ports, journal, signal: new AbortController().signal, looks: new Map() };
}

/** The same port, with methods that a test may replace later. */
function lateBound<P extends object>(port: P): P {
  const methods = Object.entries(port).map(([name, value]) => [
    name,
    typeof value === 'function'
      ? (...args: unknown[]) => (port[name as keyof P] as (...given: unknown[]) => unknown)(...args)
      : (value as unknown),
  ]);
  return Object.fromEntries(methods) as P;
}

/** Drives to the verdict. */
export function driveRun(world: FakeWorld, journal: Journal, signal?: AbortSignal): Promise<void> {
  return drive(runIn(world, journal, signal), { staging: () => Promise.resolve(staging), detached: false });
}

/** Submits everything and returns. */
export async function detachRun(
  world: FakeWorld,
  journal: Journal,
  signal?: AbortSignal,
): Promise<Submission> {
  await drive(runIn(world, journal, signal), { staging: () => Promise.resolve(staging), detached: true });
  return submission(journal.state());
}
