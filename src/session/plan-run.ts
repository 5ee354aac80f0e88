/** What submit would do, and why. Starts nothing, changes nothing. */
import type { Settings } from '../config/settings.ts';
import type { LaunchSettings } from '../emr/launch-settings.ts';
import { partitionedLayouts } from '../pipeline/table-layout.ts';
import type { TableLayout } from '../pipeline/table-layout.ts';
import { layoutLine, tinyFiles } from '../report/layout-text.ts';
import type { Action, PlanText } from '../report/format-plan.ts';
import { carriedActions, changedObjects, rebuiltLines, rebuiltTables } from '../report/format-rebuild.ts';
import type { Rebuild } from '../report/format-rebuild.ts';
import { whyNothing } from '../report/format-nothing-to-do.ts';
import type { NothingToDo } from '../report/format-nothing-to-do.ts';
import { count } from '../counted.ts';
import { bytes } from '../report/quantities.ts';
import { skippedText } from '../report/skipped.ts';
import type { RunPlan } from '../run/plan.ts';
import { tokens } from '../run/plan.ts';
import { applicationsToSubmit, stepsToSubmit } from '../run/applications.ts';
import { planStages } from '../run/stages.ts';
import type { Stage, StepToRun } from '../run/stages.ts';
import { planned } from '../run/state.ts';
import { requestOf } from '../run/step-request.ts';
import { place } from '../shell-words.ts';
import { connectEmr, emrAccess } from './compose.ts';
import type { Connection } from './compose.ts';
import { launchSettings } from './planned-launch.ts';
import { plainPathsOf } from './nothing-to-do.ts';
import { checkStart, firstRequests } from './preflight.ts';
import { prepare } from './prepare.ts';
import { sincePublished } from './since-published.ts';
import { printDiagnostics } from './configure.ts';
import type { CliContext, Flags } from '../cli/context.ts';
import type { PlanFlags } from '../cli/run-verbs.ts';

export async function planRun(flags: PlanFlags & Flags, cli: CliContext): Promise<Planned> {
  const prepared = await prepare('plan', flags, cli);
  const { configured, settings, store } = prepared;
  const { made, plan, rebuild } = await sincePublished(cli, store, {
    ...prepared,
    full: flags.full === true,
  });
  if (made !== undefined) return nothingToDo(plan, await plainPathsOf(cli, store, made, false));
  if (stepsToSubmit(planned(plan)).length > 0) await checkStart(cli, settings, plan);
  const detached = flags.detach === true;
  const candidates = plan.cluster.kind === 'reuse' ? await reusable(cli, settings, plan) : undefined;
  const requests =
    flags.requests === true
      ? await requestsOf(plan, launchSettings(settings, plan), clusterId(plan, candidates), detached)
      : undefined;
  const tables = plan.steps.flatMap((step) => step.tables);
  const { pipeline, templates } = configured;
  const layouts = partitionedLayouts(
    { pipeline, folder: templates.name },
    tables,
    settings.tables.targetFileSize,
  );
  printDiagnostics(layouts.flatMap(tinyFiles), cli);
  const actions = actionsOf({ plan, layouts, candidates, rebuild }, detached);
  return {
    plan,
    actions,
    layouts,
    ...(rebuild === undefined ? {} : { rebuild }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(requests === undefined ? {} : { requests }),
  };
}

function nothingToDo(plan: RunPlan, why: NothingToDo): Planned {
  const actions = [{ action: 'nothing to do', reason: whyNothing(why) }];
  return { plan, actions, layouts: [], nothingToDo: why };
}

export interface Planned extends PlanText {
  plan: RunPlan;
  /** What changed since the newest publication, and what is made again because of it. */
  rebuild?: Rebuild;
  /** Submit would start nothing. */
  nothingToDo?: NothingToDo;
  layouts: readonly TableLayout[];
  /** The live clusters, for a run that may reuse one. */
  candidates?: Candidates;
}

/** The live clusters, as submit would find them now. */
async function reusable(cli: CliContext, settings: Settings, plan: RunPlan): Promise<Candidates> {
  const access = emrAccess(settings, undefined);
  const connection = await connectEmr(cli, access, { launch: launchSettings(settings, plan) }, settings);
  try {
    return await connection.clusters.reusable();
  } finally {
    connection.close();
  }
}

type Candidates = Awaited<ReturnType<Connection['clusters']['reusable']>>;

/** The cluster that exists already. */
function clusterId({ cluster }: RunPlan, candidates: Candidates | undefined): string | undefined {
  return cluster.kind === 'id' ? cluster.id : candidates?.chosen;
}

/** The stages that `submit` performs, in words; those of a detached run that `attach` performs come last. */
function actionsOf(shown: Shown, detached: boolean): Action[] {
  const { plan, rebuild } = shown;
  const toTheEnd = planStages(planned(plan));
  const later = toTheEnd.filter(({ kind }) => kind === 'verify' || kind === 'publish');
  const stages = detached ? [...planStages(planned(plan), { detached }), ...later] : toTheEnd;
  const carried = rebuild === undefined ? [] : carriedActions(rebuild);
  return [...carried, ...stages.flatMap((stage) => actionsOfStage(stage, shown))];
}

interface Shown {
  plan: RunPlan;
  layouts: readonly TableLayout[];
  candidates: Candidates | undefined;
  rebuild: Rebuild | undefined;
}

function actionsOfStage(stage: Stage, { plan, layouts, candidates, rebuild }: Shown): Action[] {
  const { reason } = stage;
  switch (stage.kind) {
    case 'upload':
      return sourcesRead(plan).map(({ name, uri, objects, bytes: size, skippedBy }) => ({
        action: `read ${name}: ${count(objects)} objects, ${bytes(size)}`,
        reason: [
          place(uri) + (skippedBy === undefined ? '' : `; ${skippedText(skippedBy)}`),
          ...(rebuild === undefined ? [] : changedObjects(rebuild, name)),
        ].join('\n'),
      }));
    case 'cluster':
      return [clusterAction(stage, plan, candidates)];
    case 'run':
      return stage.steps.map((step) => stepAction(step, { plan, layouts, rebuild }));
    case 'submit':
      return [
        ...stage.steps.map((step) => stepAction(step, { plan, layouts, rebuild })),
        { action: 'submit all of them in one request, and exit', reason },
      ];
    case 'verify':
      return [{ action: 'verify every table', reason }];
    case 'publish':
      return [{ action: `publish as number ${String(stage.publication)}`, reason }];
    case 'adopt':
    case 'follow':
      throw new Error('a run that has not started has submitted nothing');
    // The lines about the cluster and the publication mention these.
    case 'release':
    case 'mirror':
      return [];
  }
}

/** The sources of steps that run. */
function sourcesRead(plan: RunPlan): RunPlan['sources'] {
  const read = stepsToSubmit(planned(plan)).flatMap(({ sources }) => sources.map(({ name }) => name));
  return plan.sources.filter(({ name }) => read.includes(name));
}

function stepAction(
  { step, reason }: StepToRun,
  { plan, layouts, rebuild }: Omit<Shown, 'candidates'>,
): Action {
  const { steps, sources } = plan;
  const tables = steps.find(({ name }) => name === step)?.tables.map(({ name }) => name) ?? [];
  const made = rebuiltTables(rebuild, step, tables);
  const written = layouts.filter(({ table }) => made.includes(table));
  return {
    action: made.length === 0 ? `run ${step}` : `run ${step}: writes ${made.join(', ')}`,
    reason: [
      reason,
      ...(rebuild === undefined ? [] : rebuiltLines(rebuild, step)),
      ...written.map((layout) => layoutLine(layout, sources)),
    ].join('\n'),
  };
}

function clusterAction(
  { source, reason }: Extract<Stage, { kind: 'cluster' }>,
  { cluster, release, region }: RunPlan,
  candidates: Candidates | undefined,
): Action {
  const launch = {
    action: `launch a cluster of ${release}${region === undefined ? '' : ` in ${region}`}`,
    reason,
  };
  switch (source.kind) {
    case 'launch':
      return cluster.kind === 'local'
        ? { action: `run the steps on this machine, with the Spark of ${release}`, reason }
        : launch;
    case 'reuse':
      return reuseAction(launch, candidates);
    case 'given':
      return { action: `use cluster ${source.id}`, reason };
    case 'current':
      throw new Error('a run that has not started has no cluster');
  }
}

/**
 * Which live cluster is used, and why each other one is not. Whether a busy one has room for a step is checked when
 * the run starts.
 */
function reuseAction(launch: Action, candidates: Candidates | undefined): Action {
  const { chosen, rejected = [], passedOver = [] } = candidates ?? {};
  const others = [
    ...rejected.map(({ id, reason }) => `not ${id}: ${reason}`),
    ...passedOver.map((id) => `not ${id}: ${chosen ?? ''} comes before it`),
  ];
  if (chosen !== undefined) {
    const reason = 'it fits; idle clusters come first, then the newest; Landfall never terminates it';
    return { action: `reuse cluster ${chosen}`, reason: [reason, ...others].join('\n') };
  }
  const none = rejected.length === 0 ? 'no live cluster here' : 'no live cluster can be reused';
  return { ...launch, reason: [`${none}; ${launch.reason}`, ...others].join('\n') };
}

/**
 * The exact requests, except for values of cluster_json that may be secrets. The launch request is shown only where no
 * cluster exists yet; upstreams are placeholders for executions that do not exist yet.
 */
async function requestsOf(
  plan: RunPlan,
  launch: LaunchSettings,
  cluster: string | undefined,
  detached: boolean,
): Promise<object> {
  const { runJobFlowRequest, stepConfig } = await import('../emr/requests.ts');
  const { hidden } = await import('../emr/hidden-values.ts');
  const shown = { ...launch, clusterJson: hidden(launch.clusterJson) };
  const runJobFlow = () => runJobFlowRequest(shown, tokens.cluster(plan.run, 1));
  const begun = planned(plan);
  const batches = detached
    ? [applicationsToSubmit(begun).map((one) => stepConfig(requestOf(begun, one), 'CANCEL_AND_WAIT'))]
    : firstRequests(plan, '<application id>').map((step) => [stepConfig(step)]);
  return {
    ...(cluster === undefined ? { RunJobFlow: runJobFlow() } : {}),
    AddJobFlowSteps: batches.map((Steps) => ({ JobFlowId: cluster ?? '<cluster id>', Steps })),
  };
}
