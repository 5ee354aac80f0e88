/**
 * A lake as Landfall's own verbs make it, with everything around it that they must leave alone: other files, the private
 * folder of this machine, a process, an EMR account with strangers in it.
 */
import './loaded.ts';
import { spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as cancel } from '../../src/commands/cancel.ts';
import { prepare } from '../../src/session/prepare.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { run as submit } from '../../src/commands/submit.ts';
import type { Command, Flags } from '../../src/cli/context.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import type { CommandWorld } from '../support/command-world.ts';
import type { MemoryS3, StoredObject } from '../support/memory-s3.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { programsOf } from '../support/step-arguments.ts';
import { emrAccount } from './emr-account.ts';
import type { EmrAccount, StepEnd } from './emr-account.ts';
import { fastClock } from './fast-clock.ts';
import { bucketFiles, folderFiles } from './lake-files.ts';
import type { LakeFiles } from './lake-files.ts';
import { landStep, rowFiles, writeLogs } from './landed-step.ts';

/** The runs of the lake, oldest first; the first three published as 1 to 3, then `second` was made current again, as 4. */
export const RUNS = ['first', 'second', 'third', 'failed', 'cancelled', 'detached', 'live'] as const;
export type RunName = (typeof RUNS)[number];

export interface Scene {
  /** Contains everything below: `lake`, `home`, `outside`, `input`, `work`. */
  base: string;
  /** The value for `--lake`. */
  lake: string;
  files: LakeFiles;
  /** An object of the lake in its initial state. */
  original: (key: string) => Buffer;
  /** LANDFALL_HOME, with the state folders of other runs in it. */
  home: string;
  /** A folder next to the lake that no verb may use. */
  outside: string;
  input: string;
  emr: EmrAccount;
  /** A process that no verb may signal. */
  bystander: { pid: number; lives: () => boolean };
  /** Keys of the whole lake. */
  keys: readonly string[];
  /** Resets lake, home and account to their initial state. */
  reset: () => void;
  world: () => CommandWorld;
  /** Flags that name the lake and the inputs of a run. */
  flags: (run: string) => Flags;
  close: () => Promise<void>;
}

/** Files in the lake that Landfall did not write, outside its own folders: they must stay, whatever a verb does. */
export const STRANGERS = ['notes.txt', '_landfall/notes.txt', 'reports/2018/summary.csv'] as const;

/** Where many small files are made and removed quickly. */
const fastFolder = () => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

/** Makes the scene; its lake is a folder, or in a bucket of that S3. */
export async function makeScene(s3?: MemoryS3): Promise<Scene> {
  const base = realpathSync(mkdtempSync(join(fastFolder(), 'landfall-hostile-')));
  const at = (name: string) => join(base, name);
  const [home, outside, input] = ['home', 'outside', 'input'].map(at) as [string, string, string];
  mkdirSync(home, { mode: 0o700 });
  for (const folder of [at('lake'), outside, at('work')]) mkdirSync(folder);
  const files = s3 === undefined ? folderFiles(at('lake')) : bucketFiles(s3, BUCKET_ROOT);
  const lake = files.uri;
  const emr = await emrAccount();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  bystander.unref();
  const pid = bystander.pid!;
  const flags = (run: string): Flags => ({
    lake,
    'song-data': join(input, run, 'song_data'),
    'log-data': join(input, run, 'log_data'),
  });
  let worlds = 0;
  const world = (): CommandWorld => ({
    ...commandWorld(at('work')),
    clock: fastClock,
    random: seededRandom((worlds += 1)),
    env: {
      LANDFALL_HOME: home,
      PATH: '',
      AWS_ENDPOINT_URL_EMR: emr.endpoint,
      AWS_REGION: 'eu-west-1',
      ...(s3 === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3.endpoint }),
    },
    self: [process.execPath, '-e', 'process.exit(3)'],
    process: { host: 'here', boot: 'boot', pid: process.pid },
  });
  const resetFolder = (name: string) => {
    rmSync(at(name), { recursive: true, force: true });
    copyByLinks(at(`first-${name}`), at(name));
  };
  let stored: [string, StoredObject][] = [];
  const scene: Scene = {
    base,
    lake,
    files,
    original: (key) =>
      s3 === undefined
        ? readFileSync(join(at('first-lake'), key))
        : new Map(stored).get(`${BUCKET_ROOT}/${key}`)!.body,
    home,
    outside,
    input,
    emr,
    bystander: { pid, lives: () => bystander.exitCode === null && bystander.signalCode === null },
    keys: [],
    reset: () => {
      emr.restore();
      resetFolder('lake');
      resetFolder('home');
      if (s3 === undefined) return;
      s3.answer = () => false;
      s3.objects.clear();
      for (const [place, object] of stored) s3.objects.set(place, object);
    },
    world,
    flags,
    close: async () => {
      bystander.kill();
      await emr.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  await fill(scene);
  const keys = files.keys();
  stored = [...(s3?.objects ?? [])];
  for (const name of ['lake', 'home']) renameSync(at(name), at(`first-${name}`));
  emr.remember();
  return { ...scene, keys };
}

/** The bucket and prefix of the lake. */
const BUCKET_ROOT = 'lake/root';

/** The same files, as hard links: replacing one does not change the other. */
function copyByLinks(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyByLinks(source, target);
    else linkSync(source, target);
  }
}

const CREDENTIALS = '[AWS]\nAWS_ACCESS_KEY_ID = AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI\n';

async function fill(scene: Scene): Promise<void> {
  const { emr, files, home, outside, input, flags } = scene;
  write(join(scene.base, 'work/dl.cfg'), CREDENTIALS);
  for (const run of RUNS)
    for (const source of ['song_data', 'log_data'])
      write(join(input, run, source, `${run}.json`), '{"a":1}\n');
  const { plan } = await prepare('plan', flags('first'), scene.world());
  const rows = await rowFiles(plan.steps.flatMap(({ tables }) => tables));
  const random = seededRandom(1);
  const ends = (end: StepEnd) =>
    emr.onStep((args, clusterId, stepId) => {
      if (end === 'COMPLETED') for (const its of programsOf(args)) landStep(files, its, rows, random.hex(4));
      if (end !== 'RUNNING')
        writeLogs(files, clusterId, stepId, end === 'FAILED' ? 'no such column' : undefined);
      return end;
    });
  const does = async (run: string, verb: Command, more: Flags, fault?: string) => {
    const { failure } = await outcomeOf(verb, { ...flags(run), ...more }, scene.world());
    if (failure !== undefined && (fault === undefined || failure.fault !== fault)) throw failure;
  };
  for (const run of RUNS) {
    ends(run === 'failed' ? 'FAILED' : ['first', 'second', 'third'].includes(run) ? 'COMPLETED' : 'RUNNING');
    const unwatched = run === 'cancelled' || run === 'detached';
    const how = run === 'live' ? { timeout: 100 } : unwatched ? { detach: true } : {};
    await does(
      run,
      submit,
      { cluster: 'new', 'run-id': run, ...how },
      { failed: 'step', live: 'timeout' }[run as string],
    );
    if (run === 'third') await does(run, rollback, {});
    if (run === 'cancelled') await does(run, cancel, { run });
  }
  ends('FAILED');
  for (const key of STRANGERS) files.write(key, `not of Landfall: ${key}\n`);
  for (const name of ['keep.txt', 'folder/000001.json', 'folder/part-0.parquet'])
    write(join(outside, name), `outside: ${name}\n`);
  for (const other of ['other-0a1b2c3d', 'live-0a1b2c3d']) {
    mkdirSync(join(home, 'emr-local', other), { recursive: true, mode: 0o700 });
    write(join(home, 'emr-local', other, 'clusters.json'), '{"of":"another run"}\n');
  }
  write(join(home, 'canary.txt'), 'private\n');
  const { pid } = scene.bystander;
  const owner = files.read('_landfall/runs/live/owner.json').toString();
  files.write(
    '_landfall/runs/live/owner.json',
    owner.replace('true', 'false').replace(/"pid":\d+/, `"pid":${pid}`),
  );
  ageRuns(files);
}

/** Makes journals and leases look old, as if the drivers had ended long ago, in the order of the runs. */
function ageRuns(files: LakeFiles): void {
  for (const key of files.keys()) {
    const [, run, rest = ''] = /^_landfall\/runs\/([^/]+)\/(.*)$/.exec(key) ?? [];
    const at = RUNS.findIndex((name) => name === run);
    const isFresh = run === 'live' && rest === 'owner.json';
    if (/^(owner\.json|journal\/.*)$/.test(rest) && !isFresh) files.age(key, RUNS.length - at);
  }
}

function write(path: string, body: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, body);
}
