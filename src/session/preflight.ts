/** Checks before anything is started: requests that EMR would refuse, clusters that cannot be used. */
import type { Settings } from '../config/settings.ts';
import { formatDiagnostic, LandfallError, throwIfErrors } from '../faults.ts';
import { applicationsToSubmit, stepsToSubmit } from '../run/applications.ts';
import { needsCluster, willLaunch } from '../run/stages.ts';
import { placeOf } from '../run/cluster-home.ts';
import { keys } from '../lake/layout.ts';
import type { RunPlan } from '../run/plan.ts';
import type { StepRequest } from '../run/ports.ts';
import { currentCluster, planned } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import { requestOf } from '../run/step-request.ts';
import { submitLike } from '../report/standing.ts';
import type { ProvenStore } from '../store/proven.ts';
import { advise, commandAt, place } from '../shell-words.ts';
import type { AdvisedCommand } from '../shell-words.ts';
import { connectEmr, emrAccess } from './compose.ts';
import { connectForRun } from './connect.ts';
import { launchSettings } from './planned-launch.ts';
import { printDiagnostics } from './configure.ts';
import type { CliContext } from '../cli/context.ts';

/**
 * Checks what the plan would have EMR do. Throws `input` with every mistake in the requests, or with every reason why a
 * named cluster cannot be used. Asks EMR for a named cluster alone.
 */
export async function checkStart(cli: CliContext, settings: Settings, plan: RunPlan): Promise<void> {
  await checkSteps(plan);
  refuseLocalPlaces(settings, plan);
  switch (plan.cluster.kind) {
    case 'local':
      return;
    case 'new':
    case 'reuse': {
      const { checkLaunch } = await import('../emr/requests.ts');
      const diagnostics = checkLaunch(launchSettings(settings, plan));
      throwIfErrors(diagnostics, 'the cluster cannot be launched like this; nothing was started');
      printDiagnostics(diagnostics, cli);
      return;
    }
    case 'id':
      return checkNamed(cli, settings, plan, plan.cluster.id);
  }
}

/**
 * Writes a probe to the lake and removes it, before anything slow: Spark, or a cluster. Throws `input` where the lake
 * is not writable, or does not honour create-if-absent.
 */
export async function proveLake(store: ProvenStore): Promise<void> {
  try {
    await store.prove();
  } catch (error) {
    const isLocal = store.uri.startsWith('file://');
    if (!(error instanceof LandfallError) || error.fault !== 'access' || !isLocal) throw error;
    throw new LandfallError('input', `the lake ${place(store.uri)} cannot be written`, {
      why: [error.message, ...error.why],
      stand: ['nothing was started'],
      next: 'give this user access to it, or choose another --lake',
      cause: error,
    });
  }
}

/** A cluster in AWS cannot reach folders of this machine. An endpoint on loopback may. */
function refuseLocalPlaces({ emr }: Settings, plan: RunPlan): void {
  const { cluster, lake, logUri, sources } = plan;
  if (cluster.kind === 'local' || isLoopback(emr.endpoint)) return;
  const places = [['the lake', lake], ['the logs', logUri], ...sources.map(({ name, uri }) => [name, uri])];
  const why = places.flatMap(([name = '', uri = '']) =>
    uri.startsWith('file://') ? [`${name}: ${place(uri)}`] : [],
  );
  if (why.length === 0) return;
  const asked = cluster.kind === 'id' ? cluster.id : cluster.kind;
  throw new LandfallError('input', `--cluster ${asked} cannot reach folders of this machine`, {
    why,
    stand: ['nothing was started'],
    next: advise`use s3:// locations, or run here: ${submitLike({ ...plan, cluster: { kind: 'local' } })}`,
  });
}

/** True for an endpoint on this machine. */
function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false;
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** The requests of all first attempts. `execution`: the folder name of each execution that an earlier application makes. */
export function firstRequests(plan: RunPlan, execution: string): StepRequest[] {
  const state = planned(plan);
  return applicationsToSubmit(state).map((application) => {
    const others = stepsToSubmit(state).filter((step) => !application.includes(step));
    const made = others.map(
      ({ name }) => [name, keys.execution(keys.attempt(plan.run, name, 1), execution)] as const,
    );
    const carried = { ...plan.carried, ...Object.fromEntries(made) };
    return requestOf(planned({ ...plan, carried }), application);
  });
}

/** As long as an execution's folder can get: `application_1795253400000_0001-0a1b2c3d`, and some room. */
const LONGEST_EXECUTION = 'x'.repeat(64);

async function checkSteps(plan: RunPlan): Promise<void> {
  const { stepConfig } = await import('../emr/requests.ts');
  const refusals = firstRequests(plan, LONGEST_EXECUTION).flatMap((request) => {
    try {
      stepConfig(request);
      return [];
    } catch (error) {
      if (error instanceof LandfallError && error.fault === 'input') return [error];
      throw error;
    }
  });
  const [first, ...others] = refusals;
  if (first === undefined) return;
  throw new LandfallError('input', first.message, {
    why: others.map(({ message }) => message),
    stand: ['nothing was started'],
    ...(first.next === undefined ? {} : { next: first.next }),
  });
}

async function checkNamed(cli: CliContext, settings: Settings, plan: RunPlan, id: string): Promise<void> {
  const connection = await connectEmr(
    cli,
    emrAccess(settings, undefined),
    { launch: launchSettings(settings, plan) },
    settings,
  );
  try {
    const why = await connection.clusters.whyNot(id).catch(async (error: unknown) => {
      if (!(error instanceof LandfallError) || error.fault !== 'cluster') throw error;
      return [`EMR knows no such cluster in ${placeOf(await connection.asked())}`, error.message];
    });
    if (why.length === 0) return;
    throw new LandfallError('input', `cluster ${id} cannot be used`, {
      why,
      stand: ['nothing was started'],
      next: 'name another cluster, set [EMR] release to that of this one, or use --cluster new',
    });
  } finally {
    connection.close();
  }
}

/**
 * Checks that this machine can continue the run. Throws `input` when the run has to launch a cluster by a
 * `cluster_json` that is not here, and `access` when its cluster cannot be seen from here. Changes nothing.
 */
export async function checkResume(cli: CliContext, settings: Settings, state: RunState): Promise<void> {
  const { plan } = state;
  if (plan.cluster.kind === 'local' || !needsCluster(state)) return;
  if (willLaunch(state)) checkClusterJson(settings, plan);
  await checkHome(cli, settings, state);
}

function checkClusterJson(settings: Settings, plan: RunPlan): void {
  const { clusterJsonProblem: message, clusterJsonFile: at = '' } = launchSettings(settings, plan);
  if (message === undefined) return;
  const { run, lake } = plan;
  const about = (verb: string) => commandAt(lake, verb, run);
  throw new LandfallError('input', `run ${run} launches its cluster by a file that is not here`, {
    why: [formatDiagnostic({ severity: 'error', at, message })],
    stand: ['the run is unchanged'],
    next: advise`set [EMR] cluster_json to that file and ${about('attach')}; or ${about('cancel')}, then ${about('retry')}`,
  });
}

/** Throws `access` when the run's cluster cannot be seen with these credentials, in this region; `or` is another way on. */
export async function checkHome(
  cli: CliContext,
  settings: Settings,
  state: RunState,
  or?: AdvisedCommand,
): Promise<void> {
  const id = currentCluster(state)?.id;
  if (id === undefined || state.plan.cluster.kind === 'local') return;
  const connection = await connectForRun(cli, settings, state);
  try {
    await connection.emr.describeCluster(id);
  } catch (error) {
    if (!(error instanceof LandfallError) || error.fault !== 'access') return;
    const { message, why, cause } = error;
    const moves = [error.next, or].filter((move) => move !== undefined);
    const [first, second] = moves;
    const next = first === undefined || second === undefined ? first : advise`${first}; or ${second}`;
    const cancellation = state.cancelRequested
      ? ['cancellation stays requested, and happens once someone with access attaches']
      : [];
    throw new LandfallError('access', message, {
      why,
      stand: ['the run is unchanged', ...cancellation],
      ...(next === undefined ? {} : { next }),
      cause,
    });
  } finally {
    connection.close();
  }
}
