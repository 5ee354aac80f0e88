import { describe, expect, it } from '@jest/globals';
import type { Input } from '../support/scripted-emr.ts';
import { server, serving } from './serving.ts';

const listing =
  (state: string) =>
  ({ StepIds }: Input) => ({
    Steps: (StepIds as string[]).map((Id) => ({ Id, Status: { State: state } })),
  });
const refusing = ({ StepIds }: Input) => ({
  CancelStepsInfoList: (StepIds as string[]).map((StepId) => ({
    StepId,
    Status: 'FAILED',
    Reason: 'Step is not cancellable',
  })),
});

describe('cancelling steps', () => {
  it('sends requests for 256 steps each, with SIGTERM', async () => {
    const emr = await serving({ CancelSteps: () => ({ CancelStepsInfoList: [] }) });
    await emr.cancelSteps(
      'j-1',
      Array.from({ length: 600 }, (_, n) => `s-${String(n)}`),
    );
    const inputs = server.inputs('CancelSteps');
    expect(inputs.map(({ StepIds }) => (StepIds as string[]).length)).toEqual([256, 256, 88]);
    expect(inputs[0]).toMatchObject({ ClusterId: 'j-1', StepCancellationOption: 'SEND_INTERRUPT' });
  });

  it('sends nothing for no steps', async () => {
    const emr = await serving({});
    await emr.cancelSteps('j-1', []);
    expect(server.requests).toHaveLength(0);
  });

  it.each(['COMPLETED', 'CANCELLED', 'FAILED', 'INTERRUPTED', 'CANCEL_PENDING'])(
    'counts a refusal for a step that is %s as done',
    async (state) => {
      const emr = await serving({ CancelSteps: refusing, ListSteps: listing(state) });
      await emr.cancelSteps('j-1', ['s-1']);
      expect(server.inputs('ListSteps')).toHaveLength(1);
    },
  );

  it('names the steps that continue anyway', async () => {
    const emr = await serving({ CancelSteps: refusing, ListSteps: listing('RUNNING') });
    await expect(emr.cancelSteps('j-1', ['s-1', 's-2'])).rejects.toMatchObject({
      fault: 'cluster',
      message: 'EMR did not cancel s-1, s-2 on cluster j-1',
      why: ['Step is not cancellable'],
    });
  });

  it('counts the refusal of an ended cluster as done if its steps have ended', async () => {
    const emr = await serving({ ListSteps: listing('CANCELLED') });
    server.spoil('CancelSteps', { fault: 'error', status: 400, type: 'InvalidRequestException' });
    await emr.cancelSteps('j-1', ['s-1']);
    expect(server.inputs('ListSteps')).toHaveLength(1);
  });

  it('is retried after a fault, because that is safe', async () => {
    const emr = await serving({ CancelSteps: () => ({}) });
    server.spoil('CancelSteps', { fault: 'reset', after: true });
    await emr.cancelSteps('j-1', ['s-1']);
    expect(server.inputs('CancelSteps')).toHaveLength(2);
  });
});

describe('terminating a cluster', () => {
  const refused = { fault: 'error', status: 400, type: 'ValidationException', message: 'refused' } as const;
  const cluster =
    (State: string, TerminationProtected = false) =>
    () => ({
      Cluster: { Id: 'j-1', Status: { State }, TerminationProtected },
    });

  it('names only that cluster in the request', async () => {
    const emr = await serving({ TerminateJobFlows: () => ({}) });
    await emr.terminate('j-1');
    expect(server.inputs('TerminateJobFlows')).toEqual([{ JobFlowIds: ['j-1'] }]);
  });

  it.each(['TERMINATING', 'TERMINATED', 'TERMINATED_WITH_ERRORS'])('is done when it is %s', async (state) => {
    const emr = await serving({ DescribeCluster: cluster(state) });
    server.spoil('TerminateJobFlows', refused);
    await emr.terminate('j-1');
    expect(server.inputs('DescribeCluster')).toHaveLength(1);
  });

  it('says that a protected cluster continues, and how to change that', async () => {
    const emr = await serving({ DescribeCluster: cluster('WAITING', true) });
    server.spoil('TerminateJobFlows', refused);
    await expect(emr.terminate('j-1')).rejects.toMatchObject({
      fault: 'cluster',
      message: 'cluster j-1 is termination protected and keeps running',
      next: expect.stringMatching(
        /^aws emr modify-cluster-attributes --region (\S+) --cluster-id j-1 --no-termination-protected && aws emr terminate-clusters --region \1 --cluster-ids j-1$/,
      ),
    });
  });

  it('throws any other refusal in EMR’s words', async () => {
    const emr = await serving({ DescribeCluster: cluster('WAITING') });
    server.spoil('TerminateJobFlows', refused);
    await expect(emr.terminate('j-1')).rejects.toMatchObject({
      message: 'EMR refused TerminateJobFlows on j-1: refused',
    });
  });
});
