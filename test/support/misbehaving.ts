/** Runs of the built CLI against EMR endpoints that misbehave: a folder with raw data and settings, drivers, outcomes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';
import { startEmr } from './emr-process.ts';
import type { EmrProcess } from './emr-process.ts';
import { endState } from './end-state.ts';
import type { EndState } from './end-state.ts';
import { start, temporaryFolder } from './landfall.ts';
import type { Running } from './landfall.ts';
import { at } from './moments.ts';
import type { Moment } from './moments.ts';
import { writeRawData } from './raw-data.ts';

/** One run, its lake and its endpoint. */
export interface Misbehaving {
  run: string;
  lake: string;
  emr: EmrProcess;
  /** With `moment`: the driver dies or stops there. */
  submit: (flags?: readonly string[], moment?: Moment) => Running;
  attach: (flags?: readonly string[], moment?: Moment) => Running;
  retry: () => Running;
  state: () => Promise<EndState>;
  /** Kills the endpoint and starts another on its state, which behaves well. */
  mend: () => Promise<void>;
}

export interface Place {
  /** `flags` are those of `emr-local`. */
  open: (run: string, faults?: FaultPlanInput, flags?: readonly string[]) => Promise<Misbehaving>;
  /** Ends all endpoints and removes everything. */
  close: () => Promise<void>;
}

/** `settleSeconds`: after so long drivers take it that a lost answer had no effect when they see none. */
export function misbehavingPlace(settleSeconds = 2): Place {
  const { folder: cwd, remove } = temporaryFolder();
  mkdirSync(cwd, { recursive: true });
  const sources = writeRawData(join(cwd, 'raw'));
  const inputs = Object.entries(sources).map(([name, path]) => `${name} = ${JSON.stringify(path)}`);
  writeFileSync(
    join(cwd, 'dl.cfg'),
    // Each step is an EMR step of its own, so that a fault can strike the first or the second.
    [
      ...['[INPUT]', ...inputs, '[EMR]', 'applications = per_step'],
      ...[`settle_seconds = ${String(settleSeconds)}`, ''],
    ].join('\n'),
  );
  const endpoints = new Set<EmrProcess>();
  const startOn = async (state: string, flags: readonly string[]) => {
    const emr = await startEmr(cwd, join(cwd, state), flags);
    endpoints.add(emr);
    return emr;
  };
  return {
    open: async (run, faults = {}, flags = []) => {
      const plan = join(cwd, `${run}.json`);
      writeFileSync(plan, JSON.stringify(faults));
      const emr = await startOn(`emr of ${run}`, ['--faults', plan, ...flags]);
      const place = { run, lake: join(cwd, `lake of ${run}`), emr };
      const driver = (args: readonly string[], moment?: Moment) => {
        const env = { ...place.emr.variables, ...(moment === undefined ? {} : at(moment)) };
        return start([...args, '--lake', place.lake], { cwd, env });
      };
      return {
        ...place,
        get emr() {
          return place.emr;
        },
        submit: (more = [], moment) =>
          driver(['submit', '--cluster', 'new', '--run-id', run, ...more], moment),
        attach: (more = [], moment) => driver(['attach', run, ...more], moment),
        retry: () => driver(['retry', run]),
        state: () => endState({ ...place, sources }),
        mend: async () => {
          await place.emr.stop('SIGKILL');
          endpoints.delete(place.emr);
          place.emr = await startOn(`emr of ${run}`, []);
        },
      };
    },
    close: async () => {
      await Promise.all([...endpoints].map((emr) => emr.stop()));
      remove();
    },
  };
}
