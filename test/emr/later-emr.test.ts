/** A later EMR: its answers have members, values and gaps that this version does not know. */
import { describe, expect, it } from '@jest/globals';
import { server, serving } from './serving.ts';

const more = { Mood: 'sunny', Nested: { List: [1, 'two', null, { Deep: true }] }, Number: 12.5, Gone: null };
const status = (State: string) => ({
  ...more,
  State,
  StateChangeReason: { ...more, Code: 'MOON_PHASE', Message: 'the moon is full' },
  FailureDetails: { ...more, Reason: 'COSMIC_RAY', Message: 'a bit flipped' },
  ErrorDetails: [{ ...more, ErrorCode: 'EC2_MOON', ErrorMessage: 'no moon', ErrorData: [{ moon: 'new' }] }],
  Timeline: { ...more, CreationDateTime: 1_795_000_000.25, ParkedDateTime: 1_795_000_001 },
});
const cluster = { ...more, Id: 'j-1', Name: 'n', Status: status('HIBERNATING') };
const step = { ...more, Id: 's-1', Name: 'x', Status: status('PAUSED') };

describe('members and values that this version does not know', () => {
  it('do no harm in any answer, and states, codes and reasons are passed on unchanged', async () => {
    const emr = await serving({
      RunJobFlow: () => ({ ...more, JobFlowId: 'j-1' }),
      AddJobFlowSteps: () => ({ ...more, StepIds: ['s-1'] }),
      DescribeCluster: () => ({ ...more, Cluster: cluster }),
      ListClusters: () => ({ ...more, Clusters: [cluster] }),
      ListSteps: () => ({ ...more, Steps: [step] }),
      CancelSteps: () => ({
        ...more,
        CancelStepsInfoList: [{ ...more, StepId: 's-1', Status: 'PONDERING', Reason: 'well' }],
      }),
      TerminateJobFlows: () => more,
    });
    const told = {
      state: 'HIBERNATING',
      reasonCode: 'MOON_PHASE',
      reason: 'the moon is full',
      errorDetails: ['EC2_MOON: no moon (moon new)'],
      created: new Date(1_795_000_000_250),
    };
    expect(await emr.runJobFlow('n')).toEqual({ kind: 'accepted', value: { id: 'j-1' } });
    expect(await emr.addSteps('j-1', [{ name: 'x', args: ['a'] }])).toMatchObject({ value: ['s-1'] });
    expect(await emr.describeCluster('j-1')).toEqual({ id: 'j-1', name: 'n', ...told });
    expect(await emr.findClusters('n', new Date(0))).toEqual([{ id: 'j-1', name: 'n', ...told }]);
    expect(await emr.listSteps('j-1')).toEqual([
      {
        id: 's-1',
        name: 'x',
        state: 'PAUSED',
        failure: { reason: 'COSMIC_RAY', message: 'a bit flipped' },
        created: told.created,
      },
    ]);
    await emr.cancelSteps('j-1', ['s-1']);
    await emr.terminate('j-1');
    expect(await emr.findReusable()).toMatchObject({
      rejected: [{ id: 'j-1', reason: 'it is HIBERNATING' }],
    });
  });

  it('may be missing where they always were: nothing is invented, and nothing breaks', async () => {
    const emr = await serving({
      DescribeCluster: () => ({ Cluster: { Id: 'j-1', Status: null } }),
      ListClusters: () => ({ Clusters: null }),
      ListSteps: () => ({ Steps: [{ Id: 's-1', Status: { State: 'RUNNING', Timeline: null } }, {}] }),
      CancelSteps: () => ({ CancelStepsInfoList: null }),
    });
    expect(await emr.describeCluster('j-1')).toEqual({
      id: 'j-1',
      name: '',
      state: 'UNKNOWN',
      errorDetails: [],
    });
    expect(await emr.findClusters('n', new Date(0))).toEqual([]);
    expect(await emr.listSteps('j-1', new Date())).toEqual([
      { id: 's-1', name: '', state: 'RUNNING' },
      { id: '', name: '', state: 'UNKNOWN' },
    ]);
    await emr.cancelSteps('j-1', ['s-1']);
  });

  it.each([
    ['LoadSheddingException', 503, { fault: 'unreachable', retryable: true }],
    ['MoonException', 400, { fault: 'cluster', retryable: false }],
    ['AccountSuspendedException', 403, { fault: 'access', retryable: false }],
  ])('an error named %s is classified by its status, %i, and quoted', async (type, code, expected) => {
    const emr = await serving({});
    const fault = { fault: 'error', status: code, type, message: 'in its words' } as const;
    server.spoil('DescribeCluster', fault, fault, fault);
    const error: unknown = await emr.describeCluster('j-1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    const { message, why } = error as { message: string; why: string[] };
    expect([message, ...why].join('\n')).toMatch(/in its words|LoadSheddingException/);
  });
});
