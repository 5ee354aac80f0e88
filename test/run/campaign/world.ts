/** What all processes of a play share: the clock, EMR, the lake's objects, and the trace of what reached them. */
import type { Stamped } from '../../../src/run/entries.ts';
import { keys } from '../../../src/lake/layout.ts';
import type { StepReport } from '../../../src/pipeline/report.ts';
import { tokens } from '../../../src/run/plan.ts';
import type { Store } from '../../../src/store/store.ts';
import { acceptExecution } from '../../../src/lake/accept.ts';
import { argument, outputKey } from '../../support/step-arguments.ts';
import { fakeEmr } from './fake-emr.ts';
import type { FakeEmr } from './fake-emr.ts';
import { plan } from '../../support/fake-run.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { Strike } from './process.ts';
import type { EmrOperation, Schedule, Trouble } from './schedule.ts';

/** What happened, in order. */
export type Traced = { at: number } & (
  | {
      traced: 'call';
      by: string;
      run: string;
      op: EmrOperation;
      /** Names or ids. */
      about: readonly string[];
      /** It is known to have had no effect. */
      unsent: boolean;
      interrupted: boolean;
      /** The owner of the run by its journal, if it is not the caller, and for how long the caller could have known. */
      late?: { owner: string; ms: number };
    }
  /** Steps with tokens of the run that a listing showed as waiting or running. */
  | { traced: 'seen'; by: string; run: string; live: readonly { id: string; name: string }[] }
  | { traced: 'entry'; run: string; entry: Stamped }
  | { traced: 'publication'; number: number; run: string }
  /** `owns`: the run was its own. */
  | { traced: 'struck'; by: string; run: string; strike: Strike['strike']; owns: boolean }
  | { traced: 'ended'; by: string; run: string; verb: string; how: string; told: readonly string[] }
);

type What<T> = T extends unknown ? Omit<T, 'at'> : never;

export interface World {
  /** The owner of the run and since when, by its journal. */
  ownerOf: (run: string) => { owner: string; since: number } | undefined;
  schedule: Schedule;
  clock: VirtualClock;
  emr: FakeEmr;
  store: Store;
  trace: Traced[];
  record: (what: What<Traced>) => void;
  /** From here on there are no faults. */
  calmDown: () => void;
  isCalm: () => boolean;
  /** Counts the call, and returns the fault for the next call of this operation. */
  faultOf: (op: string) => Extract<Trouble, { trouble: 'fault' }> | undefined;
  isOut: (of: 'emr' | 'store') => boolean;
  /** A cluster of someone else. */
  given: string;
}

export function createWorld(schedule: Schedule): World {
  const clock = virtualClock();
  const random = seededRandom(schedule.seed);
  const trace: Traced[] = [];
  const record = (what: What<Traced>) => trace.push({ at: clock.elapsed(), ...what });
  let calm = false;
  const troubles = () => (calm ? [] : schedule.troubles);
  const store = recorded(
    memoryStore(plan.lake, () => clock.now()),
    record,
  );
  const emr = fakeEmr({
    clock,
    random,
    complete: (args, applicationId, at) =>
      execute(store, args, {
        execution: `${applicationId}-${random.hex(4)}`,
        endedAt: Math.round(clock.now().getTime() - clock.monotonic() + at),
      }),
    end: (_, n) => {
      const end = troubles().find((one) => one.trouble === 'end' && one.n === n);
      return end?.trouble === 'end' ? end : 'COMPLETED';
    },
    lose: (n) => {
      const loss = troubles().find((one) => one.trouble === 'loss' && one.n === n);
      return loss?.trouble === 'loss' ? { afterMs: loss.ms, code: loss.code } : undefined;
    },
    stepMs: schedule.stepMs,
    cancelMs: schedule.cancelMs,
    idleMs: plan.idleTimeoutSeconds * 1000,
  });
  const counts = new Map<string, number>();
  return {
    ownerOf: (run) => {
      const taken = trace.findLast(
        (one) =>
          one.traced === 'entry' &&
          one.run === run &&
          ['planned', 'replanned', 'taken-over'].includes(one.entry.entry),
      );
      return taken?.traced === 'entry' ? { owner: taken.entry.driver, since: taken.at } : undefined;
    },
    schedule,
    clock,
    emr,
    store,
    trace,
    record,
    calmDown: () => {
      calm = true;
    },
    isCalm: () => calm,
    faultOf: (op) => {
      const n = (counts.get(op) ?? 0) + 1;
      counts.set(op, n);
      const fault = troubles().find((one) => one.trouble === 'fault' && one.op === op && one.n === n);
      return fault?.trouble === 'fault' ? fault : undefined;
    },
    isOut: (of) =>
      troubles().some(
        (one) =>
          one.trouble === 'outage' &&
          one.of === of &&
          clock.elapsed() >= one.at &&
          clock.elapsed() < one.at + one.ms,
      ),
    given: emr.addCluster('somebody').id,
  };
}

const JOURNAL = /^_landfall\/runs\/([^/]+)\/journal\/\d+\.json$/;

/** Whether that object is an entry of a journal, of the publication log, or neither. */
export function logOf(key: string): 'journal' | 'publish' | undefined {
  if (JOURNAL.test(key)) return 'journal';
  return key.startsWith(keys.publications) ? 'publish' : undefined;
}

/** The store, which reports new entries of the logs at the moment they are created. */
function recorded(store: Store, record: World['record']): Store {
  const tell = (key: string, body: Uint8Array) => {
    const run = JOURNAL.exec(key)?.[1];
    if (run !== undefined) record({ traced: 'entry', run, entry: JSON.parse(text(body)) as Stamped });
    if (logOf(key) === 'publish')
      record({ traced: 'publication', ...(JSON.parse(text(body)) as { number: number; run: string }) });
  };
  return {
    ...store,
    createIfAbsent: async (key, body) => {
      const created = await store.createIfAbsent(key, body);
      if (created) tell(key, body);
      return created;
    },
    put: (key, body) => {
      if (logOf(key) !== undefined) throw new Error(`${key} was overwritten`);
      return store.put(key, body);
    },
  };
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

/** The simulated Spark: one file, then the report. */
async function execute(
  store: Store,
  args: readonly string[],
  { execution, endedAt }: { execution: string; endedAt: number },
): Promise<void> {
  const token = argument({ args }, '--token');
  const folder = `${outputKey(store, { args })}/${execution}`;
  const [, , name = ''] = token.split(/[/#]/);
  const body = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const read = await upstreamRead(store, argument({ args }, '--upstream'));
  await store.put(`${keys.table(folder, name)}part-${execution}.parquet`, body({ args, read }));
  const report: StepReport = {
    version: 4,
    step: name,
    token,
    applicationId: execution,
    sparkVersion: '3.5.6',
    startedAt: 0,
    endedAt,
    sources: {},
    quarantine: {},
    sourceTables: {},
    upstreams: {},
    tables: {},
  };
  await store.put(keys.report(folder), body(report));
}

/** `step=folder` of the execution that a step reads; its argument may name the attempt's folder. */
async function upstreamRead(store: Store, upstream: string): Promise<string | undefined> {
  const [, step = '', run = '', attempt = ''] =
    /^([^=]+)=.*\/runs\/([^/]+)\/steps\/[^/]+\/(\d+)$/.exec(upstream) ?? [];
  if (step === '') return upstream;
  const key = keys.attempt(run, step, Number(attempt));
  const found = await acceptExecution(store, key, tokens.step(run, step, Number(attempt)));
  return found === undefined ? undefined : `${step}=${store.uri}/${found.key}`;
}
