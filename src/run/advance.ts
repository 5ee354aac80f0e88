/** The state of a run after one more entry of its journal. Pure. */
import { homeOf } from './cluster-home.ts';
import { keys } from '../lake/layout.ts';
import { attemptsIntended } from './entries.ts';
import type { Stamped, TableSummary } from './entries.ts';
import { tokens } from './plan.ts';
import { attemptsOf, noAttempts, planned } from './state.ts';
import type { AttemptState, ClusterEntry, RunState } from './state.ts';

/** The state after the first entry, which must be `planned`. */
export function begin(first: Stamped): RunState {
  if (first.entry !== 'planned') throw new Error(`a journal begins with its plan, not with ${first.entry}`);
  return { ...planned(first.plan), driver: first.driver, length: first.number };
}

/** The state after one more entry. The given state is not changed. */
export function advance(before: RunState, entry: Stamped): RunState {
  return { ...apply(before, entry), length: entry.number };
}

function apply(state: RunState, entry: Stamped): RunState {
  switch (entry.entry) {
    case 'planned':
      return state;
    case 'replanned':
      return replan(state, entry);
    case 'infrastructure-retry':
      return renew(state, entry.rerun);
    case 'taken-over':
      return { ...state, driver: entry.driver };
    case 'rebased':
      return rebase(state, entry);
    case 'staged':
      return { ...state, staged: true };
    case 'endpoint':
      return { ...state, endpoint: entry.host };
    case 'cluster-intent':
      return addCluster(state, entry);
    case 'cluster':
      return nameCluster(state, entry);
    case 'cluster-logs':
      return changeCluster(state, (cluster) => cluster.id === entry.id, { logUri: entry.logUri });
    case 'terminate-intent':
      return changeCluster(state, (cluster) => cluster.id === entry.clusterId, { terminate: 'intended' });
    case 'terminate-requested':
      return changeCluster(state, (cluster) => cluster.id === entry.clusterId, { terminate: 'requested' });
    case 'cluster-ended':
      return endCluster(state, entry);
    case 'refused':
      return withoutIntent(state, entry.token);
    case 'step-intent':
      return addApplication(state, entry);
    case 'step-submitted':
      return addStepId(state, entry);
    case 'step-ended':
      return changeAttempt(state, entry, { ended: { state: entry.state }, endedAt: endOf(entry) });
    case 'step-accepted':
      return changeAttempt(state, entry, { execution: entry.execution, endedAt: endOf(entry) });
    case 'cluster-duplicate':
    case 'step-duplicate':
      return state;
    case 'publish-intent':
      return { ...state, publishing: true };
    case 'verified':
      return { ...state, verified: { tables: withPaths(state, entry.tables), findings: entry.findings } };
    case 'published':
      return { ...state, published: entry.publication };
    case 'mirrored':
      return { ...state, mirrored: true };
    case 'rollback-intent':
      return { ...state, rollback: entry.publication };
    case 'removing':
      return { ...state, removing: true };
    case 'cancel-requested':
      return { ...state, cancelRequested: true };
    case 'finished':
      return { ...state, finished: entry };
  }
}

/** Where a table lies follows from the lake, whatever the entry says. */
function withPaths({ plan }: RunState, tables: readonly TableSummary[]): TableSummary[] {
  return tables.map((one) => ({ ...one, path: `${plan.lake}/${keys.plainTable(one.table)}` }));
}

function addCluster(state: RunState, entry: Extract<Stamped, { entry: 'cluster-intent' }>): RunState {
  const { n, since, at } = entry;
  const token = tokens.cluster(state.plan.run, n);
  return { ...state, clusters: [...state.clusters, { n, token, intendedAt: new Date(since ?? at) }] };
}

function nameCluster(state: RunState, entry: Extract<Stamped, { entry: 'cluster' }>): RunState {
  const { n, id, how } = entry;
  const named = { id, how, ...homeOf(entry), logUri: state.plan.logUri };
  return { ...changeCluster(state, (cluster) => cluster.n === n, named), renewCluster: 'no' };
}

function endCluster(
  state: RunState,
  { clusterId, state: its, code }: Extract<Stamped, { entry: 'cluster-ended' }>,
): RunState {
  return changeCluster(state, ({ id }) => id === clusterId, { ended: { state: its, code } });
}

function renew(state: RunState, rerun: readonly string[]): RunState {
  const current = withNewAttempts(state.current, rerun);
  return {
    ...state,
    current,
    renewCluster: 'launch',
    infrastructureRetries: state.infrastructureRetries + 1,
  };
}

function replan(state: RunState, entry: Extract<Stamped, { entry: 'replanned' }>): RunState {
  const { verified, finished, published, ...kept } = state;
  const before = Object.fromEntries(entry.plan.steps.map(({ name }) => [name, state.current[name] ?? 0]));
  return {
    ...kept,
    plan: entry.plan,
    driver: entry.driver,
    attempts: { ...noAttempts(entry.plan), ...state.attempts },
    current: withNewAttempts(before, entry.rerun),
    infrastructureRetries: 0,
    staged: false,
    mirrored: false,
    publishing: false,
    cancelRequested: false,
    renewCluster: entry.elsewhere ? 'always' : 'if-gone',
  };
}

const endOf = ({ ended, at }: { ended?: string; at: string }) => new Date(ended ?? at);

/** The accepted executions stay; everything after them is to be done again. */
function rebase(state: RunState, { publication, driver }: Extract<Stamped, { entry: 'rebased' }>): RunState {
  const { verified, finished, published, ...kept } = state;
  return { ...kept, plan: { ...state.plan, publication }, driver, publishing: false, mirrored: false };
}

function withNewAttempts(current: RunState['current'], rerun: readonly string[]): RunState['current'] {
  return Object.fromEntries(
    Object.entries(current).map(([name, attempt]) => [name, rerun.includes(name) ? attempt + 1 : attempt]),
  );
}

/** Adds an attempt of each step of an application. */
function addApplication(state: RunState, entry: Extract<Stamped, { entry: 'step-intent' }>): RunState {
  const { clusterId, at, since = at } = entry;
  const { run } = state.plan;
  const steps = attemptsIntended(entry);
  const common = {
    application: tokens.application(run, steps),
    clusterId,
    intendedAt: new Date(since),
  };
  const added = steps.map(({ step, attempt }): [string, AttemptState[]] => [
    step,
    [...attemptsOf(state, step), { attempt, token: tokens.step(run, step, attempt), ...common }],
  ]);
  return { ...state, attempts: { ...state.attempts, ...Object.fromEntries(added) } };
}

/** Adds the id that EMR gave to the application of that attempt. */
function addStepId(
  state: RunState,
  { step, attempt, id }: Extract<Stamped, { entry: 'step-submitted' }>,
): RunState {
  const application = attemptsOf(state, step).find((one) => one.attempt === attempt)?.application;
  return changeAttempts(state, (one) => one.application === application, { stepId: id });
}

/** What was intended under that token, a cluster or an application, was never created. */
function withoutIntent(state: RunState, token: string): RunState {
  const attempts = Object.entries(state.attempts).map(
    ([step, all]) =>
      [step, all.filter((one) => one.application !== token || one.stepId !== undefined)] as const,
  );
  return {
    ...state,
    clusters: state.clusters.filter((one) => one.token !== token || one.id !== undefined),
    attempts: Object.fromEntries(attempts),
  };
}

function changeAttempt(
  state: RunState,
  { step, attempt }: { step: string; attempt: number },
  change: Partial<AttemptState>,
): RunState {
  return changeAttempts(state, (one, its) => its === step && one.attempt === attempt, change);
}

function changeAttempts(
  state: RunState,
  which: (attempt: AttemptState, step: string) => boolean,
  change: Partial<AttemptState>,
): RunState {
  const attempts = Object.entries(state.attempts).map(
    ([step, all]) => [step, all.map((one) => (which(one, step) ? { ...one, ...change } : one))] as const,
  );
  return { ...state, attempts: Object.fromEntries(attempts) };
}

function changeCluster(
  state: RunState,
  which: (cluster: ClusterEntry) => boolean,
  change: Partial<ClusterEntry>,
): RunState {
  return { ...state, clusters: state.clusters.map((one) => (which(one) ? { ...one, ...change } : one)) };
}
