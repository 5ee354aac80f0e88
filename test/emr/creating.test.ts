import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEmr } from '../../src/emr/emr.ts';
import type { Emr } from '../../src/run/ports.ts';
import { clientsOf, launchSettings } from '../support/emr-clients.ts';
import { scriptedEmr } from '../support/scripted-emr.ts';
import type { Fault, Input } from '../support/scripted-emr.ts';
import { clients, server, serving } from './serving.ts';

const TOKEN = 'landfall/2026-11-21T09-30-00-ab12/cluster#1';
const step = (n: number) => ({
  name: `landfall/run/step#${String(n)}`,
  args: ['spark-submit', `step ${String(n)}.py`],
});

let emr: Emr;

beforeEach(async () => {
  emr = await serving({
    RunJobFlow: () => ({ JobFlowId: 'j-1' }),
    AddJobFlowSteps: ({ Steps }: Input) => ({
      StepIds: (Steps as unknown[]).map((_, n) => `s-${String(n)}`),
    }),
    ListSteps: () => ({ Steps: [] }),
  });
});

const lostAnswers: [string, Fault][] = [
  ['a reset before the effect', { fault: 'reset' }],
  ['a reset after the effect', { fault: 'reset', after: true }],
  ['a hang', { fault: 'hang' }],
  ['signs of life without an answer', { fault: 'linger' }],
  ['an answer that stalls', { fault: 'stall', after: true }],
  ['an answer cut short', { fault: 'cut', after: true }],
  ['a 500', { fault: 'error', status: 500, type: 'InternalServerException' }],
  ['a 500 after the effect', { fault: 'error', status: 500, type: 'InternalServerError', after: true }],
  ['a 503 that is no JSON', { fault: 'raw', status: 503, body: '<html>busy</html>' }],
  ['a throttle', { fault: 'error', status: 400, type: 'ThrottlingException' }],
  ['a throttle with effect', { fault: 'error', status: 400, type: 'ThrottlingException', after: true }],
  ['a 200 that is no JSON', { fault: 'raw', status: 200, body: '{"JobFlowId":', after: true }],
  ['a 200 without ids', { fault: 'raw', status: 200, body: '{}', after: true }],
];

describe('a creating call', () => {
  it.each(lostAnswers)('launches with one request, and is ambiguous, under %s', async (_, fault) => {
    server.spoil('RunJobFlow', fault, fault, fault);
    expect(await emr.runJobFlow(TOKEN)).toMatchObject({ kind: 'ambiguous' });
    expect(server.inputs('RunJobFlow')).toHaveLength(1);
  });

  it.each(lostAnswers)('adds steps with one request, and is ambiguous, under %s', async (_, fault) => {
    server.spoil('AddJobFlowSteps', fault, fault, fault);
    expect(await emr.addSteps('j-1', [step(1), step(2)])).toMatchObject({ kind: 'ambiguous' });
    expect(server.inputs('AddJobFlowSteps')).toHaveLength(1);
  });

  it('returns EMR’s ids in the order of the requests', async () => {
    expect(await emr.runJobFlow(TOKEN)).toEqual({ kind: 'accepted', value: { id: 'j-1' } });
    expect(await emr.addSteps('j-1', [step(1), step(2)])).toEqual({
      kind: 'accepted',
      value: ['s-0', 's-1'],
    });
    expect(server.inputs('AddJobFlowSteps')[0]).toEqual({
      JobFlowId: 'j-1',
      Steps: [step(1), step(2)].map(({ name, args }) => ({
        Name: name,
        ActionOnFailure: 'CONTINUE',
        HadoopJarStep: { Jar: 'command-runner.jar', Args: args },
      })),
    });
  });

  it('returns account and region of the new cluster', async () => {
    const arn = 'arn:aws-us-gov:elasticmapreduce:us-gov-west-1:123456789012:cluster/j-2';
    server.spoil('RunJobFlow', {
      fault: 'raw',
      status: 200,
      body: JSON.stringify({ JobFlowId: 'j-2', ClusterArn: arn }),
    });
    expect(await emr.runJobFlow(TOKEN)).toEqual({
      kind: 'accepted',
      value: { id: 'j-2', account: '123456789012', region: 'us-gov-west-1' },
    });
  });

  it('is ambiguous if EMR returns fewer ids than there are steps', async () => {
    server.spoil('AddJobFlowSteps', { fault: 'raw', status: 200, body: '{"StepIds":["s-1"]}', after: true });
    expect(await emr.addSteps('j-1', [step(1), step(2)])).toMatchObject({ kind: 'ambiguous' });
  });

  it('sends detached steps so that a failed one cancels the later ones', async () => {
    await createEmr(clients, { launch: launchSettings, actionOnFailure: 'CANCEL_AND_WAIT' }).addSteps('j-1', [
      step(1),
    ]);
    expect(server.inputs('AddJobFlowSteps')[0]).toMatchObject({
      Steps: [{ ActionOnFailure: 'CANCEL_AND_WAIT' }],
    });
  });

  it.each(['http://127.0.0.1:1', 'http://no-such-host.invalid'])(
    'is known not to have been sent to %s',
    async (endpoint) => {
      const elsewhere = await clientsOf(endpoint);
      const answer = await createEmr(elsewhere, { launch: launchSettings }).runJobFlow(TOKEN);
      elsewhere.destroy();
      expect(answer).toMatchObject({ kind: 'unsent' });
    },
  );

  it('has no effect if EMR refuses the signature for its date, and the next one uses EMR’s time', async () => {
    const date = new Date(Date.now() + 3_600_000);
    server.spoil('RunJobFlow', { fault: 'error', status: 400, type: 'InvalidSignatureException', date });
    expect(await emr.runJobFlow(TOKEN)).toMatchObject({
      kind: 'unsent',
      reason: expect.stringContaining('clock'),
    });
    expect(await emr.runJobFlow(TOKEN)).toMatchObject({ kind: 'accepted' });
  });

  it('is ambiguous after a 500, even if the clocks differ too', async () => {
    const date = new Date(Date.now() + 3_600_000);
    server.spoil('RunJobFlow', {
      fault: 'error',
      status: 500,
      type: 'InternalServerException',
      date,
      after: true,
    });
    expect(await emr.runJobFlow(TOKEN)).toMatchObject({ kind: 'ambiguous' });
  });

  it('is known not to have been sent if the TLS connection failed', async () => {
    const elsewhere = await clientsOf(server.endpoint.replace('http:', 'https:'));
    const launched = createEmr(elsewhere, { launch: launchSettings }).runJobFlow(TOKEN);
    await expect(launched).rejects.toMatchObject({ fault: 'unreachable', retryable: false });
    elsewhere.destroy();
    expect(server.requests).toHaveLength(0);
  });

  it('throws EMR’s refusal, in EMR’s words', async () => {
    server.spoil('RunJobFlow', {
      fault: 'error',
      status: 400,
      type: 'ValidationException',
      message: 'The supplied release label is invalid: emr-0.',
    });
    await expect(emr.runJobFlow(TOKEN)).rejects.toMatchObject({
      fault: 'cluster',
      retryable: false,
      message: 'EMR refused RunJobFlow: The supplied release label is invalid: emr-0.',
    });
  });

  it('names the action that is not allowed', async () => {
    server.spoil('AddJobFlowSteps', {
      fault: 'error',
      status: 400,
      type: 'AccessDeniedException',
      message: 'User: x is not authorized',
    });
    await expect(emr.addSteps('j-7', [step(1)])).rejects.toMatchObject({
      fault: 'access',
      message: 'not allowed: elasticmapreduce:AddJobFlowSteps on j-7',
      why: ['User: x is not authorized'],
    });
  });

  it('waits for room if the cluster has as many active steps as EMR allows', async () => {
    const full = await scriptedEmr({
      ListSteps: () => ({
        Steps: Array.from({ length: 256 }, (_, n) => ({
          Id: `s-${String(n)}`,
          Status: { State: 'PENDING' },
        })),
      }),
    });
    full.spoil('AddJobFlowSteps', { fault: 'error', status: 400, type: 'ValidationException' });
    const fullClients = await clientsOf(full.endpoint);
    const answer = await createEmr(fullClients, { launch: launchSettings }).addSteps('j-1', [step(1)]);
    fullClients.destroy();
    await full.close();
    expect(answer).toEqual({ kind: 'unsent', reason: 'cluster j-1 has 256 active steps, EMR allows 256' });
  });

  it('throws a refusal of a step if the cluster has room', async () => {
    server.spoil('AddJobFlowSteps', {
      fault: 'error',
      status: 400,
      type: 'ValidationException',
      message: 'Specified job flow ID not valid',
    });
    await expect(emr.addSteps('j-1', [step(1)])).rejects.toMatchObject({ fault: 'cluster' });
    expect(server.inputs('AddJobFlowSteps')).toHaveLength(1);
  });

  it('throws mistakes in the request before anything is sent', async () => {
    await expect(emr.runJobFlow('a`name')).rejects.toMatchObject({ fault: 'input' });
    await expect(emr.addSteps('j-1', [{ name: 'x', args: ['a'.repeat(10_241)] }])).rejects.toMatchObject({
      fault: 'input',
    });
    expect(server.requests).toHaveLength(0);
  });
});

it('shows no value of cluster_json that EMR quotes in a refusal', async () => {
  const Configurations = [{ Classification: 'spark', Properties: { password: 'c"anary' } }];
  const message = `1 validation error: value 'c"anary' at 'configurations' in ${JSON.stringify(Configurations)}`;
  server.spoil('RunJobFlow', { fault: 'error', status: 400, type: 'ValidationException', message });
  const refused = createEmr(clients, {
    launch: { ...launchSettings, clusterJson: { Configurations } },
  });
  const error: unknown = await refused.runJobFlow(TOKEN).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    fault: 'cluster',
    message: expect.stringContaining("value '[secret]' at 'configurations'") as unknown,
  });
  expect(JSON.stringify(error)).not.toContain('anary');
});
