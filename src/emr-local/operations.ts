/** Every operation this endpoint emulates, by its name on the wire. */
import { notEmulated } from './aws-error.ts';
import * as clusters from './cluster-operations.ts';
import * as instances from './instance-operations.ts';
import { describeReleaseLabel, listReleaseLabels } from './releases.ts';
import * as steps from './step-operations.ts';
import type { Office, Operation } from './office.ts';

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
};

/** Runs one operation. Throws an AwsError: its refusal, or that it is not emulated. */
export function operate(office: Office, name: string, body: unknown): unknown {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) throw notEmulated(`the operation ${name}`);
  return operation(office, body);
}
