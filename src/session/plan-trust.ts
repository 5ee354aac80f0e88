/** Whether this machine may run what a plan in the lake says. A lake is data, and anybody may have written it. */
import type { Settings } from '../config/settings.ts';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { landfallHome } from '../local/landfall-home.ts';
import { isOwnPlan, rememberPlan } from '../local/own-plans.ts';
import { willLaunch } from '../run/stages.ts';
import type { RunPlan } from '../run/plan.ts';
import { plannedProgram } from '../run/programs.ts';
import { stepsToSubmit } from '../run/applications.ts';
import { attemptNumber, isToBeCancelled } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import { advise, commandAt } from '../shell-words.ts';
import { realUri } from '../store/real-uri.ts';
import type { Store } from '../store/store.ts';
import { canonicalUri, relation } from '../store/uri.ts';
import { plannedLaunch } from './planned-launch.ts';
import { sha256 } from './sha256.ts';
import type { CliContext } from '../cli/context.ts';

/** The plan at a lake, without its publication number, which a rebase changes. */
function digestOf(store: Store, plan: RunPlan): string {
  const written = JSON.parse(JSON.stringify({ ...plan, publication: 0 })) as unknown;
  return sha256(JSON.stringify([realUri(store.uri), written]));
}

/**
 * Remembers that this machine made the plan. Where that is impossible, the plan is later treated like another
 * machine's.
 */
export function rememberOwnPlan({ env }: CliContext, store: Store, plan: RunPlan): void {
  try {
    rememberPlan(landfallHome(env), digestOf(store, plan), `${plan.run} ${store.uri}`);
  } catch (error) {
    if (!(error instanceof LandfallError) && codeOf(error) === '') throw error;
  }
}

/** True for a plan that this machine made, at this lake. */
export function madeHere({ env }: CliContext, store: Store, plan: RunPlan): boolean {
  try {
    return isOwnPlan(landfallHome(env), digestOf(store, plan));
  } catch (error) {
    if (error instanceof LandfallError) return false;
    throw error;
  }
}

export interface Trusting {
  settings: Settings;
  /** The inputs that this machine's own settings name. */
  inputs: Settings['sources'];
  store: Store;
  /** By step: the digest of what this machine's templates render. */
  rendered: () => ReadonlyMap<string, string>;
  /** `--trust-lake`. */
  trustLake: boolean;
}

/**
 * Throws `input`, changing nothing, when continuing the run would submit a program that was not planned, or a plan that
 * neither this machine made nor its templates would make.
 */
export async function checkPlanTrust(cli: CliContext, trusting: Trusting, state: RunState): Promise<void> {
  const steps = stepsToSubmit(state);
  if (steps.length === 0 || isToBeCancelled(state)) return;
  const { store, trustLake } = trusting;
  const { plan } = state;
  refuseOtherLake(store, plan);
  if (state.staged)
    for (const step of steps)
      await plannedProgram({ objects: store, sha256 }, plan.run, step, attemptNumber(state, step.name));
  if (trustLake || madeHere(cli, store, plan)) return;
  const why = differences(trusting, state);
  if (why.length === 0) return;
  throw new LandfallError(
    'input',
    `run ${plan.run} was not planned on this machine, which would plan it differently`,
    {
      why,
      stand: ['the run is unchanged; nothing was started'],
      next: advise`use the templates and settings that it was planned with; or, if you trust everybody who can write to ${store.uri}, ${commandAt(store.uri, 'attach', plan.run, '--trust-lake')}`,
    },
  );
}

/**
 * Throws `input`, with nothing changed, when a retry would use a cluster or local files that only the plan of another
 * machine names. The programs of a retry are rendered here. `cluster`: where to run instead.
 */
export function checkRetryTrust(
  cli: CliContext,
  {
    inputs,
    store,
    trustLake,
    cluster,
  }: Omit<Trusting, 'rendered' | 'settings'> & { cluster?: string | undefined },
  { plan }: RunState,
): void {
  if (trustLake || madeHere(cli, store, plan)) return;
  const why = [...(cluster === undefined ? clusterOfPlan(plan) : []), ...filesOfPlan(plan, inputs)];
  if (why.length === 0) return;
  const retry = commandAt(store.uri, 'retry', plan.run, '--trust-lake');
  throw new LandfallError('input', `run ${plan.run} was not planned on this machine`, {
    why,
    stand: ['the run is unchanged; nothing was started'],
    next: advise`name its inputs in dl.cfg and its cluster with --cluster; or, if you trust everybody who can write to ${store.uri}, ${retry}`,
  });
}

const clusterOfPlan = ({ cluster }: RunPlan) =>
  cluster.kind === 'id' ? [`cluster ${cluster.id} is named only by the run's plan`] : [];

/** Local files that only the plan names as input: their content would be copied into the lake. */
const filesOfPlan = ({ sources }: RunPlan, inputs: Settings['sources']) =>
  sources.flatMap(({ name, uri }) =>
    uri.startsWith('file:') && inputs[name] !== uri
      ? [`${name} would be read from ${uri}, which only the run's plan names`]
      : [],
  );

/** The plan must name this lake: the steps get their paths from it, so only then is what was checked what runs. */
function refuseOtherLake(store: Store, { run, lake }: RunPlan): void {
  const [planned, here] = [realUri(canonicalUri(lake, '/')), realUri(store.uri)];
  if (relation(planned, here) === 'equal') return;
  throw new LandfallError('input', `run ${run} was planned for another lake`, {
    why: [`its plan names ${lake}`, `it is in ${store.uri}`],
    stand: ['the run is unchanged; nothing was started'],
    next: advise`${commandAt(store.uri, 'cancel', run)}, then submit a new run`,
  });
}

/** How the plan differs from what this machine would run, launch and write. */
function differences({ settings, inputs, rendered }: Trusting, state: RunState): string[] {
  const { plan } = state;
  const own = rendered();
  const programs = stepsToSubmit(state).filter(({ name, digest }) => own.get(name) !== digest);
  return [
    ...programs.map(({ name }) => `step ${name}: the templates here render a different program`),
    ...clusterOfPlan(plan),
    ...filesOfPlan(plan, inputs),
    ...(isOwnLogs(plan, settings) ? [] : [`logs would be written to ${plan.logUri}`]),
    ...(willLaunch(state) ? launchDifferences(plan, settings) : []),
  ];
}

function isOwnLogs({ lake, logUri }: RunPlan, settings: Settings): boolean {
  const [place, own] = [canonicalUri(logUri, '/'), canonicalUri(settings.lake.logs, '/')];
  return place === own || relation(place, canonicalUri(lake, '/')) === 'inside';
}

function launchDifferences(plan: RunPlan, settings: Settings): string[] {
  if (plan.cluster.kind === 'local') return [];
  const theirs: Record<string, unknown> = { ...plan.launch, release: plan.release };
  const ours: Record<string, unknown> = {
    ...plannedLaunch(settings, plan.cluster),
    release: settings.emr.release,
  };
  return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
    .filter((name) => JSON.stringify(theirs[name]) !== JSON.stringify(ours[name]))
    .map((name) => `the cluster's ${name}: ${shown(theirs[name])} in the plan, ${shown(ours[name])} here`);
}

const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
