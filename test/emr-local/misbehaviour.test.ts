import '../support/one-realm.ts';
import { describe, expect, it } from '@jest/globals';
import {
  AddJobFlowStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { bash, clusterRequest, until, world } from './world.ts';
import type { World } from './world.ts';
import type { EndpointOptions } from '../../src/emr-local/endpoint.ts';
import type { FaultPlanInput } from '../../src/emr-local/fault-shapes.ts';

/** Runs `use` in a world with this fault. */
async function inWorld<T>(
  faults: FaultPlanInput,
  use: (here: World) => Promise<T>,
  overrides: Partial<EndpointOptions> = {},
): Promise<T> {
  const here = await world({ faults, ...overrides });
  try {
    return await use(here);
  } finally {
    await here.end();
  }
}

const launch = async ({ emr }: World, changes = {}) =>
  (await emr.send(new RunJobFlowCommand(clusterRequest(changes)))).JobFlowId!;
const clusters = async ({ emr }: World) => (await emr.send(new ListClustersCommand({}))).Clusters!;
const describeCluster = async ({ emr }: World, ClusterId: string) =>
  (await emr.send(new DescribeClusterCommand({ ClusterId }))).Cluster!;
const ended = (here: World, id: string) =>
  until(
    () => describeCluster(here, id),
    ({ Status }) => Status?.Timeline?.EndDateTime !== undefined,
  );

/** Nothing, or how the call failed, and after what time. */
async function outcome(call: Promise<unknown>): Promise<{ error: string | undefined; ms: number }> {
  const started = performance.now();
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => {
      const { name, code } = thrown as { name: string; code?: string };
      return code ?? name;
    },
  );
  return { error, ms: performance.now() - started };
}

describe('a call that is told to fail', () => {
  const on = 'RunJobFlow';
  it.each([
    [{ on, fault: 'error-before', code: 'ThrottlingException' }, 'ThrottlingException', 0],
    [{ on, fault: 'error-before', code: 'InternalServerException' }, 'InternalServerException', 0],
    [{ on, fault: 'error-before', code: 'ServiceUnavailableException' }, 'ServiceUnavailableException', 0],
    [{ on, fault: 'error-before', code: 'ExpiredTokenException' }, 'ExpiredTokenException', 0],
    [{ on, fault: 'error-after', code: 'AccessDeniedException' }, 'AccessDeniedException', 1],
    [{ on, fault: 'reset-before' }, 'ECONNRESET', 0],
    [{ on, fault: 'reset-after' }, 'ECONNRESET', 1],
    [{ on, fault: 'hang', seconds: 0.2, when: 'before' }, 'ECONNRESET', 0],
    [{ on, fault: 'hang', seconds: 0.2, when: 'after' }, undefined, 1],
    [{ on, fault: 'truncate' }, 'ECONNRESET', 1],
    [{ on, fault: 'slow', ms: 200 }, undefined, 1],
  ] as const)('fails as told, with or without effect, and only then: %j', async (fault, error, made) => {
    await inWorld({ faults: [fault] }, async (here) => {
      const seen = await outcome(launch(here));
      expect(seen.error).toBe(error);
      if (fault.fault === 'hang' || fault.fault === 'slow') expect(seen.ms).toBeGreaterThanOrEqual(195);
      expect(await clusters(here)).toHaveLength(made);
      await launch(here);
      expect(await clusters(here)).toHaveLength(made + 1);
    });
  });

  it('answers with the status and the text of AWS', async () => {
    const fault = { on: '*', fault: 'error-before' } as const;
    const codes = ['ThrottlingException', 'AccessDeniedException', 'InternalServerException'] as const;
    const faults = codes.map((code, index) => ({ ...fault, code, nth: index + 1 }));
    await inWorld({ faults }, async (here) => {
      const refusals = [];
      for (let call = 0; call < 3; call += 1) {
        refusals.push(await clusters(here).catch((error: unknown) => error));
      }
      expect(refusals).toMatchObject([
        { message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } },
        { message: expect.stringMatching(/not authorized to perform: elasticmapreduce:ListClusters$/) },
        { $metadata: { httpStatusCode: 500 } },
      ]);
    });
  });

  it('also loses an answer without a body', async () => {
    await inWorld({ faults: [{ on: 'TerminateJobFlows', fault: 'truncate' }] }, async (here) => {
      const id = await launch(here);
      const command = new TerminateJobFlowsCommand({ JobFlowIds: [id] });
      expect((await outcome(here.emr.send(command))).error).toBe('ECONNRESET');
      expect((await ended(here, id)).Status?.State).toBe('TERMINATED');
    });
  });

  it('takes effect after its connection was reset if it is told to be delayed', async () => {
    await inWorld({ faults: [{ on, fault: 'delayed', seconds: 0.3 }] }, async (here) => {
      expect((await outcome(launch(here))).error).toBe('ECONNRESET');
      expect(await clusters(here)).toEqual([]);
      expect(
        await until(
          () => clusters(here),
          ({ length }) => length > 0,
        ),
      ).toHaveLength(1);
    });
  });

  it('takes no effect if the endpoint closes first', async () => {
    await inWorld({ faults: [{ on, fault: 'delayed', seconds: 0.3 }] }, async (here) => {
      expect((await outcome(launch(here))).error).toBe('ECONNRESET');
      await here.restart();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await here.restart();
      expect(await clusters(here)).toEqual([]);
    });
  });

  it('does not keep the endpoint from closing while it hangs', async () => {
    const started = performance.now();
    await inWorld({ faults: [{ on, fault: 'hang', seconds: 60, when: 'before' }] }, async (here) => {
      const call = outcome(launch(here));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await here.endpoint.close();
      expect((await call).error).toBe('ECONNRESET');
    });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('lists that are told to be wrong', () => {
  it('do not show a late cluster or step until its time, while it lives', async () => {
    const faults = [
      { on: 'RunJobFlow', fault: 'late', seconds: 30 },
      { on: 'AddJobFlowSteps', fault: 'late', seconds: 30 },
    ] as const;
    await inWorld({ faults: [...faults] }, async (here) => {
      const { emr } = here;
      const ClusterId = await launch(here);
      const Steps = [bash('true')];
      const added = await emr.send(new AddJobFlowStepsCommand({ JobFlowId: ClusterId, Steps }));
      const [StepId] = added.StepIds!;
      const listed = async () => {
        const steps = await emr.send(new ListStepsCommand({ ClusterId }));
        return [(await clusters(here)).length, steps.Steps!.length];
      };
      expect(await listed()).toEqual([0, 0]);
      await until(
        () => emr.send(new DescribeStepCommand({ ClusterId, StepId })),
        ({ Step }) => Step?.Status?.State === 'COMPLETED',
      );
      expect(await listed()).toEqual([0, 0]);
      here.clock.jump(31_000);
      expect(await listed()).toEqual([1, 1]);
    });
  });

  it('answer once with the state of some seconds ago', async () => {
    const stale = { on: '*', fault: 'stale', seconds: 60, nth: 2, count: 2 } as const;
    await inWorld({ faults: [stale] }, async (here) => {
      const ClusterId = await launch(here);
      await here.emr.send(new AddJobFlowStepsCommand({ JobFlowId: ClusterId, Steps: [bash('true')] }));
      const count = async () => {
        const { Steps } = await here.emr.send(new ListStepsCommand({ ClusterId }));
        return Steps!.length;
      };
      expect([await count(), await count(), (await clusters(here)).length]).toEqual([1, 0, 0]);
      expect([await count(), (await clusters(here)).length]).toEqual([1, 1]);
    });
  });

  it('show a state that EMR does not have, once', async () => {
    const faults = [
      { on: 'DescribeCluster', fault: 'unknown-state' },
      { on: 'ListClusters', fault: 'unknown-state', state: 'DREAMING' },
    ] as const;
    await inWorld({ faults: [...faults] }, async (here) => {
      const id = await launch(here);
      expect((await describeCluster(here, id)).Status?.State).toBe('HIBERNATING');
      expect((await describeCluster(here, id)).Status?.State).not.toBe('HIBERNATING');
      expect((await clusters(here)).map(({ Status }) => Status?.State)).toEqual(['DREAMING']);
    });
  });
});

describe('a cluster that is told to be lost', () => {
  it('ends with errors when its Spot nodes are lost, and so does its step', async () => {
    await inWorld({ events: [{ event: 'spot-loss', step: 2 }] }, async (here) => {
      const id = await launch(here, { Steps: [bash('true'), bash('sleep 60'), bash('true')] });
      const { Status } = await ended(here, id);
      expect(Status).toMatchObject({
        State: 'TERMINATED_WITH_ERRORS',
        StateChangeReason: {
          Code: 'INSTANCE_FAILURE',
          Message: 'All slaves in the job flow were terminated due to Spot',
        },
      });
      const { Steps } = await here.emr.send(new ListStepsCommand({ ClusterId: id }));
      expect(Steps!.map((step) => step.Status?.State)).toEqual(['CANCELLED', 'CANCELLED', 'COMPLETED']);
    });
  });

  it('puts the bootstrap action’s stderr where EMR puts it', async () => {
    const stderr = 'boot.sh: line 3: é: command not found\n';
    await inWorld({ events: [{ event: 'bootstrap-failure', stderr }] }, async (here) => {
      const id = await launch(here);
      const { Status } = await ended(here, id);
      expect(Status?.StateChangeReason?.Code).toBe('BOOTSTRAP_FAILURE');
      const instance = Status?.ErrorDetails?.[0]?.ErrorData?.[0]?.['primary-instance-id'];
      const log = `s3://bucket/logs/${id}/node/${String(instance)}/bootstrap-actions/1/stderr.gz`;
      expect(here.store.text(log)).toBe(stderr);
    });
  });

  it('is the one that the plan selects', async () => {
    await inWorld({ events: [{ event: 'validation-error', nth: 2 }] }, async (here) => {
      const ids = [await launch(here), await launch(here), await launch(here)];
      expect((await ended(here, ids[1]!)).Status?.State).toBe('TERMINATED_WITH_ERRORS');
      const states = await Promise.all(ids.map(async (id) => (await describeCluster(here, id)).Status));
      expect(states.map((status) => status?.StateChangeReason?.Code)).toEqual([
        undefined,
        'VALIDATION_ERROR',
        undefined,
      ]);
    });
  });

  it('is lost even if the endpoint is restarted', async () => {
    await inWorld({ events: [{ event: 'internal-error', after: 30 }] }, async (here) => {
      const id = await launch(here);
      await here.restart();
      here.clock.jump(31_000);
      expect((await ended(here, id)).Status?.StateChangeReason?.Code).toBe('INTERNAL_ERROR');
    });
  });

  it('never uploads a log if its logs are told never to arrive', async () => {
    await inWorld({ events: [{ event: 'logs-never' }] }, async (here) => {
      const Instances = { MasterInstanceType: 'm5.xlarge', InstanceCount: 1 };
      const id = await launch(here, { Steps: [bash('exit 1')], Instances });
      expect((await ended(here, id)).Status?.State).toBe('TERMINATED');
      expect([...here.store.objects.keys()]).toEqual([]);
    });
  });
});

describe('an endpoint with quotas', () => {
  it('throttles a client that polls too often, but not a patient one', async () => {
    await inWorld(
      {},
      async (here) => {
        const polls = await Promise.all(Array.from({ length: 23 }, () => outcome(clusters(here))));
        expect(polls.filter(({ error }) => error === undefined)).toHaveLength(20);
        expect(polls.filter(({ error }) => error === 'ThrottlingException')).toHaveLength(3);
        here.clock.jump(2100);
        expect(await clusters(here)).toEqual([]);
      },
      { quotas: true },
    );
  });
});
