/** Every operation this endpoint emulates, by its name on the wire. */
import * as account from './account-operations.ts';
import { withState } from './answers.ts';
import { notEmulated } from './aws-error.ts';
import * as clusters from './cluster-operations.ts';
import * as instances from './instance-operations.ts';
import { describeReleaseLabel, listReleaseLabels } from './releases.ts';
import * as steps from './step-operations.ts';
import type { Conduct } from './fault-decisions.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { OperationContext, Operation } from './operation-context.ts';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  RunJobFlow: clusters.runJobFlow,
  DescribeCluster: clusters.describe,
  ListClusters: clusters.listClusters,
  TerminateJobFlows: clusters.terminateJobFlows,
  ModifyCluster: clusters.modifyCluster,
  SetTerminationProtection: clusters.setTerminationProtection,
  SetKeepJobFlowAliveWhenNoSteps: clusters.setKeepAlive,
  SetVisibleToAllUsers: clusters.setVisibleToAllUsers,
  SetUnhealthyNodeReplacement: clusters.setUnhealthyNodeReplacement,
  PutAutoTerminationPolicy: clusters.putAutoTerminationPolicy,
  GetAutoTerminationPolicy: clusters.getAutoTerminationPolicy,
  RemoveAutoTerminationPolicy: clusters.removeAutoTerminationPolicy,
  PutManagedScalingPolicy: clusters.putManagedScalingPolicy,
  GetManagedScalingPolicy: clusters.getManagedScalingPolicy,
  RemoveManagedScalingPolicy: clusters.removeManagedScalingPolicy,
  AddTags: clusters.addTags,
  RemoveTags: clusters.removeTags,
  AddJobFlowSteps: steps.addJobFlowSteps,
  ListSteps: steps.listSteps,
  DescribeStep: steps.describe,
  CancelSteps: steps.cancelSteps,
  ListInstanceGroups: instances.listInstanceGroups,
  ListInstanceFleets: instances.listInstanceFleets,
  ListInstances: instances.listInstances,
  ListBootstrapActions: instances.listBootstrapActions,
  DescribeReleaseLabel: (_, body) => describeReleaseLabel(body),
  ListReleaseLabels: (_, body) => listReleaseLabels(body),
  ListSupportedInstanceTypes: (_, body) => account.listSupportedInstanceTypes(body),
  GetBlockPublicAccessConfiguration: () => account.getBlockPublicAccessConfiguration(),
};

/** The names of all of them. */
export const operationNames: readonly string[] = Object.keys(OPERATIONS);

/** Runs one operation, as well as `conduct` lets it. Throws an AwsError: its refusal, or that it is not emulated. */
export function operate(
  context: Omit<OperationContext, 'assignFate'>,
  { name, body, conduct }: { name: string; body: unknown; conduct: Conduct },
  { assignFate, history }: Pick<Misbehaviour, 'assignFate' | 'history'>,
): unknown {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) throw notEmulated(`the operation ${name}`);
  const { lateMs, staleMs, unknownState } = conduct;
  const now = context.clock.now().getTime();
  const answer = operation(
    {
      ...context,
      assignFate,
      hiddenUntil: lateMs === undefined ? undefined : now + lateMs,
      keeper:
        staleMs === undefined
          ? context.keeper
          : { ...context.keeper, ...history.at(context.keeper, now - staleMs) },
    },
    body,
  );
  return unknownState === undefined ? answer : withState(answer, unknownState);
}
