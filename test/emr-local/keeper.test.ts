import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDisk } from '../../src/emr-local/disk.ts';
import { openKeeper } from '../../src/emr-local/keeper.ts';
import type { Keeper } from '../../src/emr-local/keeper.ts';
import type { Exit } from '../../src/emr-local/step-process.ts';
import type { ClusterRecord, StepRecord } from '../../src/emr-local/records.ts';
import { cluster as waiting, step } from './records.ts';
import { jumpingClock, mapStore, until } from './world.ts';

const CLUSTER = 'j-0000000000000';
let folder: string;
let full: boolean;
let warnings: string[];
let started: string[];
/** Lets the process of a step end. */
let exits: Map<string, (exit: Exit) => void>;
const clock = jumpingClock();
const store = mapStore();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-keeper-'));
  full = false;
  warnings = [];
  started = [];
  exits = new Map();
  store.objects.clear();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A keeper whose disk can be full, and whose steps end when the test says so. */
async function open(): Promise<Keeper> {
  const disk = openDisk(folder);
  return openKeeper({
    clock,
    disk: {
      ...disk,
      save: (cluster) => {
        if (full) throw new Error('no space left on device');
        disk.save(cluster);
      },
    },
    pace: { startingMs: 0, bootstrappingMs: 0, terminatingMs: 0, logDelayMs: 0, endRunningAs: 'CANCELLED' },
    openStore: store.open,
    warn: (message) => warnings.push(message),
    changed: () => undefined,
    spark: () => Promise.resolve({ submit: '/nowhere/spark-submit', env: {}, conf: {} }),
    environment: {},
    killAfterMs: 100,
    logIntervalMs: 300_000,
    launch: ({ env }) => {
      const id = env['EMR_STEP_ID'] ?? '';
      started.push(id);
      const exited = new Promise<Exit>((resolve) => exits.set(id, resolve));
      return {
        pid: 1,
        exited,
        signal: () => exits.get(id)?.({ signal: 'SIGTERM' }),
        groupLives: () => Promise.resolve(false),
      };
    },
  });
}

/** It was never idle, and logs to a bucket. */
const cluster = (...steps: StepRecord[]): ClusterRecord =>
  waiting({ id: CLUSTER, idleSince: undefined, logUri: 's3://bucket/logs', steps });

const states = (keeper: Keeper) => keeper.get(CLUSTER)?.steps.map(({ state }) => state);
/** What the next endpoint would find. */
const onDisk = () =>
  openDisk(folder)
    .load()
    .flatMap(({ steps }) => steps.map(({ state }) => state));
const reach = (keeper: Keeper, wanted: string[]) =>
  until(
    () => states(keeper),
    (seen) => JSON.stringify(seen) === JSON.stringify(wanted),
  );
const launched = (...ids: string[]) =>
  until(
    () => started,
    (seen) => JSON.stringify(seen) === JSON.stringify(ids),
  );
const warned = () =>
  until(
    () => warnings,
    (seen) => seen.length > 0,
  );

describe('a full disk', () => {
  it('delays the end of a step, does not start it again, and continues once there is room', async () => {
    const keeper = await open();
    keeper.put(cluster(step('a'), step('b')));
    await launched('a');
    full = true;
    exits.get('a')?.({ code: 0 });
    await warned();
    expect(warnings).toEqual(['the end of step a could not be recorded: no space left on device']);
    expect(() => keeper.update(CLUSTER, (record) => ({ ...record, concurrency: 2 }))).toThrow('no space');
    clock.jump(10_000);
    expect([states(keeper), started]).toEqual([['RUNNING', 'PENDING'], ['a']]);
    full = false;
    keeper.update(CLUSTER, (record) => ({ ...record, tags: { a: 'b' } }));
    expect(started).toEqual(['a']);
    clock.jump(10_000);
    await launched('a', 'b');
    exits.get('b')?.({ code: 0 });
    await reach(keeper, ['COMPLETED', 'COMPLETED']);
    await keeper.close();
    expect(onDisk()).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it('does not keep a cluster in a state that it leaves by itself', async () => {
    const keeper = await open();
    keeper.put({ ...cluster(), state: 'STARTING', until: clock.now().getTime() + 1000 });
    full = true;
    clock.jump(1000);
    await warned();
    full = false;
    clock.jump(10_000);
    await until(
      () => keeper.get(CLUSTER)?.state,
      (state) => state === 'WAITING',
    );
    await keeper.close();
  });

  it('does not delay the end of the endpoint; the next one considers the step lost', async () => {
    const keeper = await open();
    keeper.put(cluster(step('a')));
    await launched('a');
    full = true;
    exits.get('a')?.({ code: 0 });
    await warned();
    await keeper.close();
    full = false;
    const next = await open();
    await reach(next, ['FAILED']);
    expect(started).toEqual(['a']);
    await next.close();
  });
});

describe('a clock that is set', () => {
  const idle = () => ({ ...cluster(), idleTimeout: 60, idleSince: clock.now().getTime() });
  const state = (keeper: Keeper) => keeper.update(CLUSTER, (record) => record).state;

  it.each([3_600_000, -3_600_000])(
    'by %i ms does not make an idle cluster end sooner or later',
    async (ms) => {
      const keeper = await open();
      keeper.put(idle());
      clock.set(ms);
      expect(state(keeper)).toBe('WAITING');
      clock.jump(50_000);
      expect(state(keeper)).toBe('WAITING');
      clock.jump(11_000);
      await until(
        () => keeper.get(CLUSTER)?.state,
        (seen) => seen === 'TERMINATED',
      );
      await keeper.close();
    },
  );

  it('before a cluster is created does not change when it ends', async () => {
    const keeper = await open();
    clock.set(3_600_000);
    keeper.put(idle());
    clock.jump(61_000);
    await until(
      () => keeper.get(CLUSTER)?.state,
      (seen) => seen === 'TERMINATED',
    );
    await keeper.close();
  });
});
