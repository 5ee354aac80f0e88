/**
 * A whole run against the endpoint: the real driver, its real EMR adapter over HTTP, steps that are real processes. Where
 * the driver sleeps, the endpoint's clock jumps: hours pass in seconds, and quotas fill as they would.
 */
import { sha256 } from '../../src/session/sha256.ts';
import '../support/one-realm.ts';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import type { EndpointOptions } from '../../src/emr-local/endpoint.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { Journal } from '../../src/run/journal.ts';
import type { Clock, Objects, Ports } from '../../src/run/ports.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { sparingNotes } from '../../src/run/sparing-notes.ts';
import { drive } from '../../src/run/drive.ts';
import { createJournal } from '../../src/run/journal.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { fakeLake, plan, runIn, staging } from '../support/fake-run.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { credentials, region, world } from './world.ts';
import type { World } from './world.ts';

export interface DrivenRun {
  here: World;
  plan: RunPlan;
  journal: Journal;
  ports: Ports;
  events: { at: number; event: RunEvent }[];
  /** Every request the driver made, the SDK's own repetitions included. */
  calls: string[];
  /** Those of them that were throttled. */
  throttled: string[];
  published: string[];
  /** Seconds by the endpoint's clock since the beginning. */
  seconds: () => number;
  drive: () => Promise<void>;
  /** A line for each time a step's process ran: its token. */
  ran: () => Promise<string[]>;
  end: () => Promise<void>;
}

/** Writes the report of an execution, with the fields that the driver reads. */
const PROGRAM = `#!/bin/bash
while [ $# -gt 0 ]; do
  case "$1" in --output) output="$2" ;; --token) token="$2" ;; esac
  shift
done
echo "$token" >> "$HOME/ran"
WORK
folder="\${output#file://}/application_1-0001"
mkdir -p "$folder"
echo "{\\"version\\":1,\\"token\\":\\"$token\\",\\"applicationId\\":\\"application_1\\"}" > "$folder/report.json"
`;

export interface DrivenOptions extends Partial<EndpointOptions> {
  /** What a step does before it would write its report, instead of half a second of work. */
  work?: string;
  /** Called after each sleep of the driver. */
  afterSleep?: (run: DrivenRun) => Promise<void>;
}

export async function drivenRun({
  afterSleep,
  work = 'sleep 0.5',
  ...options
}: DrivenOptions): Promise<DrivenRun> {
  const base = await mkdtemp(join(tmpdir(), 'landfall-'));
  const submit = join(base, 'spark-submit');
  await mkdir(join(base, 'lake'));
  await writeFile(
    submit,
    PROGRAM.replace('WORK', () => work),
  );
  await chmod(submit, 0o755);
  const spark = () => Promise.resolve({ submit, env: { HOME: base }, conf: {} });
  const here = await world({ spark, ...options });
  const clients = await createEmrClients({ endpoint: here.endpoint.url, region, credentials });
  const calls: string[] = [];
  const throttled: string[] = [];
  for (const client of [clients.creating, clients.reading]) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const operation = commandName.replace('Command', '');
          calls.push(operation);
          try {
            return await next(args);
          } catch (error) {
            if ((error as Error).name === 'ThrottlingException') throttled.push(operation);
            throw error;
          }
        },
      { step: 'finalizeRequest', priority: 'low' },
    );
  }
  const begun = here.clock.monotonic();
  const seconds = () => (here.clock.monotonic() - begun) / 1000;
  const clock: Clock = {
    ...here.clock,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (signal?.aborted !== true) here.clock.jump(ms);
      await afterSleep?.(run);
    },
  };
  const lake = openFolder(join(base, 'lake'));
  // S3 and EMR have the same time.
  const objects: Objects = { ...lake, now: () => Promise.resolve(here.clock.now()) };
  const random = seededRandom(7);
  const events: DrivenRun['events'] = [];
  const published: string[] = [];
  const emit = (event: RunEvent) => events.push({ at: seconds(), event });
  const ports: Ports = {
    clock,
    random,
    objects,
    emr: createEmr(clients, { launch: { ...launchSettings, logUri: `${lake.uri}/logs` } }),
    explain: () => Promise.resolve([]),
    lake: fakeLake(objects, published),
    emit,
    note: sparingNotes({ clock, emit }),
    sha256,
  };
  const its: RunPlan = { ...plan, lake: lake.uri };
  const writer = { objects, clock, random, driver: 'driver-1' };
  const run: DrivenRun = {
    here,
    plan: its,
    journal: await createJournal(writer, { entry: 'planned', plan: its }),
    ports,
    events,
    calls,
    throttled,
    published,
    seconds,
    drive: () =>
      drive(runIn({ ports }, run.journal), { staging: () => Promise.resolve(staging), detached: false }),
    ran: async () => (await readFile(join(base, 'ran'), 'utf8')).trim().split('\n'),
    end: async () => {
      clients.destroy();
      await here.end();
      await rm(base, { recursive: true, force: true });
    },
  };
  return run;
}
