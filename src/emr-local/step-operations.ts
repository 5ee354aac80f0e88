/** Operations that add, cancel and show steps. */
import { describeStep } from './answers.ts';
import { invalid, invalidRequest, notEmulated } from './aws-error.ts';
import { newSteps } from './new-steps.ts';
import { clusterById, jobFlowById, requireModifiable } from './operation-context.ts';
import { pageOf } from './pages.ts';
import { isShown } from './records.ts';
import { read, requests } from './request-schemas.ts';
import { cancelSteps as cancelInRecord } from './step-machine.ts';
import type { Operation } from './operation-context.ts';
import type { ClusterRecord, StepRecord } from './records.ts';

/** Older ones are kept, and no longer shown. */
const VISIBLE_STEPS = 1000;

/** All of them are added, or none. */
export const addJobFlowSteps: Operation = (context, body) => {
  const request = read(requests.addJobFlowSteps, body);
  const cluster = requireModifiable(jobFlowById(context, request.JobFlowId), invalid);
  if (request.ExecutionRoleArn !== undefined) throw notEmulated('ExecutionRoleArn');
  if (request.Steps.length === 0) throw invalid('The list of steps cannot be empty.');
  const { hiddenUntil } = context;
  const added = newSteps(cluster, request.Steps, context.clock.now().getTime(), context.random).map(
    (step) => ({
      ...step,
      hiddenUntil,
    }),
  );
  context.keeper.update(cluster.id, (record) => ({ ...record, steps: [...record.steps, ...added] }));
  return { StepIds: added.map((step) => step.id) };
};

/** Newest first; with StepIds, in the order of the ids. */
export const listSteps: Operation = (context, body) => {
  const { ClusterId, StepIds: ids, StepStates: states, Marker } = read(requests.listSteps, body);
  const cluster = clusterById(context, ClusterId);
  if (ids !== undefined && states !== undefined) {
    throw invalidRequest('Cannot specify both StepIds and StepStates.');
  }
  if (ids !== undefined && ids.length > 10) {
    throw invalidRequest('At most 10 StepIds can be specified in one request.');
  }
  if (ids !== undefined && ids.length > 0) {
    return { Steps: ids.map((id) => describeStep(stepById(cluster, id))) };
  }
  const now = context.clock.now().getTime();
  const steps = cluster.steps.slice(-VISIBLE_STEPS).reverse();
  const { page, marker } = pageOf(
    steps,
    Marker,
    (step) => isShown(step, now) && (states?.includes(step.state) ?? true),
  );
  return { Steps: page.map(describeStep), Marker: marker };
};

export const describe: Operation = (context, body) => {
  const { ClusterId, StepId } = read(requests.describeStep, body);
  return { Step: describeStep(stepById(clusterById(context, ClusterId), StepId)) };
};

/** Answers before the steps have stopped. */
export const cancelSteps: Operation = (context, body) => {
  const request = read(requests.cancelSteps, body);
  const { ClusterId, StepIds: ids, StepCancellationOption: how = 'SEND_INTERRUPT' } = request;
  const cluster = clusterById(context, ClusterId);
  if (ids.length === 0) throw invalidRequest('The list of StepIds cannot be empty.');
  if (ids.length > 256) throw invalidRequest('At most 256 StepIds can be specified in one request.');
  for (const id of ids) stepById(cluster, id);
  const { answers } = cancelInRecord(cluster, ids, how, 0);
  context.keeper.update(ClusterId, (record, now) => cancelInRecord(record, ids, how, now).cluster);
  return {
    CancelStepsInfoList: answers.map(({ stepId, status, reason }) => ({
      StepId: stepId,
      Status: status,
      Reason: reason,
    })),
  };
};

function stepById(cluster: ClusterRecord, id: string): StepRecord {
  const step = cluster.steps.find((other) => other.id === id);
  if (step === undefined) throw invalidRequest(`Step id '${id}' is not valid.`);
  return step;
}
