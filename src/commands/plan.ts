/** `landfall plan`: what submit would do, and why. Starts nothing, changes nothing. */
import { place, count, bytes } from '../report/quantities.ts';
import type { RunPlan } from '../run/plan.ts';
import { stepArguments, tokens } from '../run/plan.ts';
import { launchSettings } from './launch.ts';
import { prepare } from './prepare.ts';
import type { Flags, World } from './world.ts';

export async function run(flags: Flags, world: World): Promise<void> {
  const { plan, settings } = await prepare('plan', flags, world);
  const requests =
    flags['requests'] === true ? await requestsOf(plan, launchSettings(settings, plan)) : undefined;
  const actions = actionsOf(plan);
  const text = [
    ...actions.map(({ action, reason }) => `${action}\n    ${reason}`),
    ...(requests === undefined ? [] : [JSON.stringify(requests, null, 2)]),
  ];
  world.printer.result(text.join('\n'), { plan, actions, ...(requests === undefined ? {} : { requests }) });
}

interface Action {
  action: string;
  reason: string;
}

function actionsOf(plan: RunPlan): Action[] {
  const { sources, steps, lake, publication } = plan;
  return [
    ...sources.map(({ name, uri, objects, bytes: size, skipped }) => ({
      action: `read ${name}: ${count(objects)} objects, ${bytes(size)}`,
      reason: `${place(uri)}; ${count(skipped)} other objects there are no input`,
    })),
    clusterAction(plan),
    ...steps.map(({ name, tables, upstreams }) => ({
      action: `run ${name}: writes ${tables.map((table) => table.name).join(', ')}`,
      reason:
        upstreams.length === 0
          ? 'it waits for nothing'
          : `after ${upstreams.join(', ')}, whose tables it reads`,
    })),
    {
      action: 'verify every table',
      reason: 'against its contract, its step’s report and the books; nothing is published otherwise',
    },
    {
      action: `publish as number ${String(publication)}`,
      reason: `the next free one in ${place(lake)}; then copied to the plain paths`,
    },
  ];
}

function clusterAction({ cluster, release, idleTimeoutSeconds, keepAlive }: RunPlan): Action {
  const end = keepAlive ? 'kept alive at the end' : 'ended at the verdict';
  switch (cluster.cluster) {
    case 'local':
      return {
        action: `run the steps on this machine, with the Spark of ${release}`,
        reason: 'asked for by --cluster local',
      };
    case 'new':
      return {
        action: `launch a cluster of ${release}`,
        reason: `${end}; ends by itself after ${String(idleTimeoutSeconds)} s without work`,
      };
    case 'reuse':
      return {
        action: `reuse a live cluster of ${release}, or launch one`,
        reason: `one that we launch is ${end}`,
      };
    case 'id':
      return { action: `use cluster ${cluster.id}`, reason: 'named by --cluster; it is never ended by us' };
  }
}

/** The exact RunJobFlow and AddJobFlowSteps requests; upstreams stand for executions that do not exist yet. */
async function requestsOf(plan: RunPlan, launch: ReturnType<typeof launchSettings>): Promise<unknown> {
  const { runJobFlowRequest, stepConfig } = await import('../emr/requests.ts');
  const steps = plan.steps.map((step) => {
    const upstreams = Object.fromEntries(
      step.upstreams.map((name) => [name, `_landfall/runs/${plan.run}/steps/${name}/1/<application id>`]),
    );
    return stepConfig({
      name: tokens.step(plan.run, step.name, 1),
      args: stepArguments(plan, step, 1, upstreams),
    });
  });
  return {
    RunJobFlow: runJobFlowRequest(launch, tokens.cluster(plan.run, 1)),
    AddJobFlowSteps: steps.map((step) => ({ JobFlowId: '<cluster id>', Steps: [step] })),
  };
}
