import { describe, expect, it } from '@jest/globals';
import type { Fault, Input } from '../support/scripted-emr.ts';
import { server, serving } from './serving.ts';

/** Pages of a list, 50 items each, as EMR makes them. */
function paged(key: string, items: unknown[]): (input: Input) => unknown {
  return ({ Marker }) => {
    const start = Marker === undefined ? 0 : Number(Marker);
    const end = start + 50;
    return { [key]: items.slice(start, end), ...(end < items.length ? { Marker: String(end) } : {}) };
  };
}
const steps = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    Id: `s-${String(n)}`,
    Name: `step ${String(n)}`,
    Status: { State: 'RUNNING' },
  }));

describe('a list', () => {
  it('includes every step of every page, in EMR’s order', async () => {
    const emr = await serving({ ListSteps: paged('Steps', steps(120)) });
    const listed = await emr.listSteps('j-1');
    expect(listed.map(({ id }) => id)).toEqual(steps(120).map(({ Id }) => Id));
    expect(server.inputs('ListSteps')).toHaveLength(3);
  });

  it('requests ten step ids at a time, and returns them in the requested order', async () => {
    const emr = await serving({
      ListSteps: ({ StepIds }) => ({
        Steps: steps(30)
          .filter(({ Id }) => (StepIds as string[]).includes(Id))
          .reverse(),
      }),
    });
    const ids = Array.from({ length: 23 }, (_, n) => `s-${String(n)}`);
    const found = await emr.getSteps('j-1', [...ids, 's-gone']);
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(server.inputs('ListSteps').map(({ StepIds }) => (StepIds as string[]).length)).toEqual([
      10, 10, 4,
    ]);
  });

  it('is not used for one step, which is described by its id and absent if EMR does not know it', async () => {
    const words = (id: string) => `${id} is not valid.`;
    const emr = await serving({
      DescribeStep: ({ ClusterId, StepId }) =>
        StepId === 's-1'
          ? { Step: { Id: 's-1', Name: 'x', Status: { State: 'RUNNING' } } }
          : {
              fault: 'error',
              status: 400,
              type: 'InvalidRequestException',
              message: words(
                ClusterId === 'j-1' ? `Step id '${String(StepId)}'` : `Cluster id '${String(ClusterId)}'`,
              ),
            },
    });
    expect(await emr.describeStep('j-1', 's-1')).toEqual({ id: 's-1', name: 'x', state: 'RUNNING' });
    expect(await emr.describeStep('j-1', 's-2')).toBeUndefined();
    await expect(emr.describeStep('j-2', 's-2')).rejects.toMatchObject({ fault: 'cluster' });
  });

  it('finds clusters by their exact name on any page, created since a time', async () => {
    const clusters = Array.from({ length: 70 }, (_, n) => ({
      Id: `j-${String(n)}`,
      Name: n === 65 ? 'landfall/r/cluster#1' : `landfall/r/cluster#1${String(n)}`,
      Status: { State: 'TERMINATED', Timeline: { CreationDateTime: 1_795_000_000.25 } },
    }));
    const emr = await serving({ ListClusters: paged('Clusters', clusters) });
    const found = await emr.findClusters('landfall/r/cluster#1', new Date(1_794_000_000_000));
    expect(found).toEqual([
      {
        id: 'j-65',
        name: 'landfall/r/cluster#1',
        state: 'TERMINATED',
        errorDetails: [],
        created: new Date(1_795_000_000_250),
      },
    ]);
    expect(server.inputs('ListClusters')[1]).toEqual({ CreatedAfter: 1_794_000_000, Marker: '50' });
  });

  it('ends when EMR repeats a marker', async () => {
    const emr = await serving({ ListSteps: () => ({ Steps: steps(1), Marker: 'again' }) });
    expect(await emr.listSteps('j-1')).toHaveLength(2);
  });
});

describe('EMR’s answer', () => {
  it('is passed on unchanged, including unknown states and codes', async () => {
    const emr = await serving({
      DescribeCluster: () => ({
        Cluster: {
          Id: 'j-1',
          Name: 'n',
          NewField: { a: 1 },
          StepConcurrencyLevel: 4,
          Status: { State: 'HIBERNATING', StateChangeReason: { Code: 'MOON_PHASE', Message: 'full' } },
        },
      }),
      ListSteps: () => ({
        Steps: [{ Id: 's-1', Name: 'x', Status: { State: 'PAUSED', StateChangeReason: {} } }],
      }),
    });
    expect(await emr.describeCluster('j-1')).toEqual({
      id: 'j-1',
      name: 'n',
      state: 'HIBERNATING',
      reasonCode: 'MOON_PHASE',
      reason: 'full',
      errorDetails: [],
      stepConcurrency: 4,
    });
    expect(await emr.listSteps('j-1')).toEqual([{ id: 's-1', name: 'x', state: 'PAUSED' }]);
  });

  it('has a line for each error detail, with its data', async () => {
    const emr = await serving({
      DescribeCluster: () => ({
        Cluster: {
          Id: 'j-1',
          Status: {
            State: 'TERMINATED_WITH_ERRORS',
            StateChangeReason: { Code: 'BOOTSTRAP_FAILURE', Message: 'bootstrap action 1 failed' },
            ErrorDetails: [
              {
                ErrorCode: 'BOOTSTRAP_FAILURE_BA_RETURN_CODE_NONZERO',
                ErrorMessage: 'exit 1 \u001b[31mon\u001b[0m the primary node',
                ErrorData: [
                  { 'instance-id': 'i-0abc', 'amazon-s3-path': '' },
                  { 'bootstrap-action': '1', 'public-doc': 'https://docs.aws.amazon.com/x.html' },
                ],
              },
              { ErrorCode: 'NO_MORE_TO_SAY', ErrorMessage: 'bootstrap action 1 failed' },
            ],
            Timeline: { CreationDateTime: 1_795_000_000, EndDateTime: 1_795_000_060 },
          },
        },
      }),
    });
    const cluster = await emr.describeCluster('j-1');
    expect(cluster.errorDetails).toEqual([
      'BOOTSTRAP_FAILURE_BA_RETURN_CODE_NONZERO: exit 1 on the primary node (instance-id i-0abc, bootstrap-action 1)',
      'see https://docs.aws.amazon.com/x.html',
      'NO_MORE_TO_SAY',
    ]);
    expect(cluster.ended).toEqual(new Date(1_795_000_060_000));
    expect(cluster.ready).toBeUndefined();
  });

  it('has the failure details of a step that was cancelled before it started, without times', async () => {
    const emr = await serving({
      ListSteps: () => ({
        Steps: [
          {
            Id: 's-1',
            Name: 'x',
            Status: { State: 'FAILED', FailureDetails: { Reason: 'Unknown Error.', LogFile: 's3://l' } },
          },
        ],
      }),
    });
    expect(await emr.getSteps('j-1', ['s-1'])).toEqual([
      { id: 's-1', name: 'x', state: 'FAILED', failure: { reason: 'Unknown Error.', logFile: 's3://l' } },
    ]);
  });
});

describe('a read that fails', () => {
  const error = (status: number, type: string, message = 'm'): Fault => ({
    fault: 'error',
    status,
    type,
    message,
  });
  const failing: [string, Fault, object][] = [
    ['throttled', error(400, 'ThrottlingException'), { fault: 'unreachable', retryable: true }],
    ['a 500', error(500, 'InternalServerException'), { fault: 'unreachable', retryable: true }],
    ['a reset', { fault: 'reset' }, { fault: 'unreachable', retryable: true }],
    ['a hang', { fault: 'hang' }, { fault: 'unreachable', retryable: true }],
    ['an answer cut short', { fault: 'cut' }, { fault: 'unreachable', retryable: true }],
    ['expired credentials', error(400, 'ExpiredTokenException'), { fault: 'access', retryable: false }],
    ['denied', error(400, 'AccessDeniedException'), { fault: 'access', retryable: false }],
    ['a wrong key', error(403, 'UnrecognizedClientException'), { fault: 'access', retryable: false }],
    [
      'an unknown cluster',
      error(400, 'InvalidRequestException', "Cluster id 'j-1' is not valid."),
      { fault: 'cluster', retryable: false },
    ],
    [
      'a page of a proxy',
      { fault: 'raw', status: 407, body: 'sign in' },
      { fault: 'unreachable', retryable: false },
    ],
    [
      'an operation that is not there',
      error(400, 'UnknownOperationException'),
      { fault: 'cluster', retryable: false },
    ],
  ];

  it.each(failing)('is classified: %s', async (_, fault, expected) => {
    const emr = await serving({ DescribeCluster: () => ({ Cluster: { Id: 'j-1' } }) });
    server.spoil('DescribeCluster', fault, fault, fault, fault, fault);
    await expect(emr.describeCluster('j-1')).rejects.toMatchObject(expected);
  });

  it('is retried by the SDK if it may be temporary', async () => {
    const emr = await serving({
      DescribeCluster: () => ({ Cluster: { Id: 'j-1', Status: { State: 'WAITING' } } }),
    });
    server.spoil('DescribeCluster', error(500, 'InternalServerException'), { fault: 'reset' });
    expect(await emr.describeCluster('j-1')).toMatchObject({ state: 'WAITING' });
    expect(server.inputs('DescribeCluster')).toHaveLength(3);
  });

  it('never shows what EMR quotes of a signed request', async () => {
    const emr = await serving({});
    const quoted =
      'The Canonical String for this request should have been x-amz-security-token:token-canary secret-canary';
    server.spoil('DescribeCluster', ...Array<Fault>(5).fill(error(403, 'SignatureDoesNotMatch', quoted)));
    const thrown = await emr.describeCluster('j-1').catch((caught: unknown) => caught);
    const { message, why, next } = thrown as { message: string; why: string[]; next: string };
    expect([message, ...why, next].join('\n')).not.toMatch(/canary/);
    expect(message).toContain('SignatureDoesNotMatch');
  });
});
