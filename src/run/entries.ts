/** The entries of a run's journal. Each stands in an object of its own, made by create-if-absent. */
import type { Fault } from '../faults.ts';
import type { Verdict } from './events.ts';
import type { RunPlan, StepAttempt } from './plan.ts';
import type { Home } from './ports.ts';
import type { Finding } from './verification.ts';

/** Another version than this is refused: this program does not know what it means. */
export const JOURNAL_VERSION = 2;

export interface TableSummary {
  table: string;
  rows: number;
  files: number;
  bytes: number;
  /** The plain path, a URI. */
  path: string;
}

/** Intents are written before the call they announce, results after it. */
export type Entry =
  | { entry: 'planned'; plan: RunPlan }
  /** A retry: a new plan, and the steps that get a new attempt. The others keep their accepted
   * execution. `elsewhere`: on the cluster that the new plan names, not on the one it ran on before. */
  | { entry: 'replanned'; plan: RunPlan; rerun: readonly string[]; elsewhere: boolean }
  /** That cluster was lost to the infrastructure: these steps get a new attempt, under the same plan, on a cluster
   * that is launched for them. */
  | { entry: 'infrastructure-retry'; clusterId: string; rerun: readonly string[]; why: string }
  | { entry: 'taken-over'; from: string }
  /**
   * The number that the run was planned to publish as is another's, or an object lay in its way: the same tables, under
   * a new one.
   */
  | { entry: 'rebased'; publication: number }
  | { entry: 'staged' }
  /** The machine whose local EMR endpoint serves this run. */
  | { entry: 'endpoint'; host: string }
  /**
   * `token`, here and below, is for people: what is looked for and ended goes by the run's id alone. `since`: ISO 8601, by
   * the store's clock; nothing with this token was created before.
   */
  | { entry: 'cluster-intent'; n: number; token: string; since?: string }
  /** With account and region, where EMR told them. */
  | ({ entry: 'cluster'; n: number; id: string; how: 'launched' | 'adopted' | 'reused' | 'given' } & Home)
  /** Where a cluster that we did not launch puts its logs, as EMR tells it; "None" for nowhere. */
  | { entry: 'cluster-logs'; id: string; logUri: string }
  /** It ended, or is ending, before the run was done. `code`: EMR's reason. */
  | { entry: 'cluster-ended'; clusterId: string; state: string; code?: string }
  | { entry: 'cluster-duplicate'; id: string }
  /** EMR refused the call that was intended: nothing carries this token. */
  | { entry: 'refused'; token: string }
  /** `with`: the steps that run after it in the same Spark application, in this order. */
  | {
      entry: 'step-intent';
      step: string;
      attempt: number;
      with?: readonly StepAttempt[];
      token: string;
      clusterId: string;
      since?: string;
    }
  /** EMR has the application that begins with this step. */
  | { entry: 'step-submitted'; step: string; attempt: number; id: string; how: 'accepted' | 'adopted' }
  | { entry: 'step-duplicate'; step: string; attempt: number; id: string }
  /** `ended`: when, by EMR's clock, ISO 8601; absent when EMR does not tell. */
  | { entry: 'step-ended'; step: string; attempt: number; state: string; ended?: string }
  | { entry: 'step-accepted'; step: string; attempt: number; execution: string; ended?: string }
  | { entry: 'verified'; tables: readonly TableSummary[]; findings: readonly Finding[] }
  | { entry: 'publish-intent'; publication: number }
  | { entry: 'published'; publication: number }
  | { entry: 'mirrored'; publication: number }
  /** Files of this run are about to be published again, as that number: they must stay. Written by any machine. */
  | { entry: 'rollback-intent'; publication: number }
  /** The run's objects are being deleted: nothing is done with it from here on. */
  | { entry: 'removing' }
  /** May be written by any machine; the owner acts on it. */
  | { entry: 'cancel-requested'; by: string }
  | { entry: 'terminate-intent'; clusterId: string }
  | { entry: 'terminate-requested'; clusterId: string }
  | { entry: 'finished'; verdict: Verdict; fault?: Fault; message?: string; why?: readonly string[] };

export interface Stamp {
  version: number;
  number: number;
  /** The driver that wrote it. */
  driver: string;
  /** Tells two writes of one driver apart. */
  nonce: string;
  /** ISO 8601, by the writer's clock: for people, never for decisions. */
  at: string;
}

export type Stamped = Stamp & Entry;

/** The attempts of an application that was intended, in the order in which it runs them. */
export function attemptsIntended({ step, attempt, with: others = [] }: Intent): StepAttempt[] {
  return [{ step, attempt }, ...others];
}

type Intent = Pick<Extract<Entry, { entry: 'step-intent' }>, 'step' | 'attempt' | 'with'>;

/** Entries that anyone may append, and that leave the run with its driver. */
export const FROM_ANYONE: readonly string[] = ['cancel-requested', 'rollback-intent'];
/** Entries that a driver may append to a run it does not own. */
export const FROM_OUTSIDE: readonly string[] = [
  'taken-over',
  'replanned',
  'rebased',
  'removing',
  ...FROM_ANYONE,
];
