/** What is between one process and the rest of the world: time, lost answers, outages; and strikes on the process itself. */
import { LandfallError } from '../../../src/faults.ts';
import type { Answer, Clock, Emr } from '../../../src/run/ports.ts';
import type { ObjectInfo, Store } from '../../../src/store/store.ts';
import type { Process } from './process.ts';
import type { EmrOperation } from './schedule.ts';
import { logOf } from './world.ts';
import type { World } from './world.ts';

const TRAVEL_MS = 15;

type Outcome<T> = { value: T } | { error: unknown };

/** Sends a call, which completes whatever happens to the process; the process gets the answer if it can. */
async function send<T>(process: Process, travel: () => Promise<T>): Promise<T> {
  await process.gate();
  process.reach('before');
  await process.gate();
  const travelling = travel().then(
    (value): Outcome<T> => ({ value }),
    (error: unknown): Outcome<T> => ({ error }),
  );
  process.reach('during');
  const outcome = await travelling;
  await process.gate();
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

function noAnswer(who: string, op: string): LandfallError {
  return new LandfallError('unreachable', `no usable answer from ${who} to ${op}`, { retryable: true });
}

/** EMR, as this process reaches it. */
export function emrOver(world: World, process: Process, run: string): Emr {
  const { emr, clock } = world;
  const last = new Map<string, unknown>();
  const record = (op: EmrOperation, about: readonly string[], unsent = false) => {
    const { owner = process.name, since = 0 } = world.ownerOf(run) ?? {};
    const late = owner === process.name ? {} : { late: { owner, ms: process.activeSince(since) } };
    const interrupted = process.interrupted.aborted;
    world.record({ traced: 'call', by: process.name, run, op, about, unsent, interrupted, ...late });
  };

  /** A call that may be repeated. */
  const repeatable = <T>(op: EmrOperation, about: readonly string[], work: () => Promise<T>): Promise<T> =>
    send(process, async () => {
      record(op, about);
      const fault = world.faultOf(op);
      const key = [op, ...about].join(' ');
      if (fault?.answer === 'stale' && (last.has(key) || op === 'listSteps' || op === 'findClusters'))
        return after(clock, TRAVEL_MS, (last.get(key) ?? []) as T);
      if (fault?.answer === 'denied')
        throw new LandfallError('access', `${op}: the credentials have expired`);
      if (world.isOut('emr')) throw await after(clock, TRAVEL_MS, noAnswer('EMR', op));
      if (fault === undefined || fault.effect) {
        const value = await work();
        last.set(key, value);
        if (fault === undefined) return value;
      }
      throw await after(clock, fault.ms, noAnswer('EMR', op));
    });

  /** A call that creates clusters or steps with these names. */
  const creating = <T>(
    op: 'runJobFlow' | 'addSteps',
    about: readonly string[],
    work: () => Promise<Answer<T>>,
  ): Promise<Answer<T>> =>
    send(process, async () => {
      const fault = world.faultOf(op);
      const unsent = world.isOut('emr') || fault?.answer === 'unsent';
      record(op, about, unsent);
      if (unsent) return after(clock, TRAVEL_MS, { kind: 'unsent', reason: 'ECONNREFUSED' });
      if (fault === undefined) return work();
      if (fault.effect)
        for (const one of await made(world, about, work)) one.visible = clock.elapsed() + fault.hiddenMs;
      return after(clock, fault.ms, { kind: 'ambiguous', reason: 'ECONNRESET' });
    });

  const listSteps = async (id: string, since?: Date) => {
    const steps = await repeatable('listSteps', [id], () => emr.listSteps(id, since));
    const live = steps.filter(
      ({ name, state }) => name.startsWith(`landfall/${run}/`) && ['PENDING', 'RUNNING'].includes(state),
    );
    world.record({ traced: 'seen', by: process.name, run, live: live.map(({ id, name }) => ({ id, name })) });
    return steps;
  };

  return {
    runJobFlow: (token) => creating('runJobFlow', [token], () => emr.runJobFlow(token)),
    addSteps: (id, steps) =>
      creating('addSteps', [...steps.map(({ name }) => name)], () => emr.addSteps(id, steps)),
    findClusters: (token, since) => repeatable('findClusters', [token], () => emr.findClusters(token, since)),
    describeCluster: (id) => repeatable('describeCluster', [id], () => emr.describeCluster(id)),
    listSteps,
    getSteps: (id, ids) => repeatable('getSteps', [id, ...ids], () => emr.getSteps(id, ids)),
    describeStep: (id, step) => repeatable('describeStep', [id, step], () => emr.describeStep(id, step)),
    cancelSteps: (id, ids) => repeatable('cancelSteps', ids, () => emr.cancelSteps(id, ids)),
    terminate: (id) => repeatable('terminate', [id], () => emr.terminate(id)),
    findReusable: () => repeatable('findReusable', [], () => emr.findReusable()),
  };
}

/** The clusters and steps with these names that this call creates. */
async function made(
  { emr }: World,
  names: readonly string[],
  work: () => Promise<unknown>,
): Promise<{ visible: number }[]> {
  const named = () => [
    ...emr.clusters.filter(({ token }) => names.includes(token)),
    ...emr.clusters.flatMap(({ steps }) => steps.filter(({ request }) => names.includes(request.name))),
  ];
  const before = new Set<unknown>(named());
  await work().catch(() => undefined);
  return named().filter((one) => !before.has(one));
}

async function after<T>(clock: Clock, ms: number, value: T): Promise<T> {
  await clock.sleep(ms);
  return value;
}

/** The lake's objects, as this process reaches them. */
export function storeOver(world: World, process: Process): Store {
  const { store, clock, emr } = world;
  const call = <T>(op: string, work: () => Promise<T>, written?: () => void): Promise<T> =>
    send(process, async () => {
      const fault = world.faultOf(op);
      await clock.sleep(TRAVEL_MS);
      if (world.isOut('store')) throw noAnswer('the store', op);
      await emr.catchUp();
      if (fault === undefined || fault.effect) {
        const value = await work();
        written?.();
        if (fault === undefined) return value;
        if (fault.answer === 'resent') return work();
      }
      throw await after(clock, fault.ms, noAnswer('the store', op));
    });
  return {
    uri: store.uri,
    list: (prefix) => later(() => call('list', () => all(store.list(prefix)))),
    folders: (prefix) => later(() => call('list', () => all(store.folders(prefix)))),
    head: (key) => call('head', () => store.head(key)),
    get: (key) => call('get', () => store.get(key)),
    getRange: (key, start, end) => call('get', () => store.getRange(key, start, end)),
    put: (key, body) => call('put', () => store.put(key, body)),
    createIfAbsent: (key, body) => {
      const log = logOf(key);
      return call(
        log ?? 'create',
        () => store.createIfAbsent(key, body),
        () => {
          if (log === 'journal') process.reach('write');
        },
      );
    },
    copy: (from, to): Promise<ObjectInfo> => call('copy', () => store.copy(from, to)),
    remove: (keys) => call('remove', () => store.remove(keys)),
    now: () => call('now', () => store.now()),
  };
}

async function* later<T>(load: () => Promise<T[]>): AsyncIterable<T> {
  yield* await load();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
