import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alive, bash, clusterRequest, mapStore, until, works, world } from './world.ts';
import type { World } from './world.ts';
import type { RunJobFlowCommandInput, StepConfig } from '@aws-sdk/client-emr';

let here: World;
beforeEach(async () => {
  here = await world();
});
afterEach(() => here.end());

async function launch(changes: Partial<RunJobFlowCommandInput> = {}): Promise<string> {
  const { JobFlowId: id } = await here.emr.send(new RunJobFlowCommand(clusterRequest(changes)));
  return id ?? '';
}

async function add(clusterId: string, ...steps: StepConfig[]): Promise<string[]> {
  const answer = await here.emr.send(new AddJobFlowStepsCommand({ JobFlowId: clusterId, Steps: steps }));
  return answer.StepIds ?? [];
}

async function cluster(id: string) {
  return (await here.emr.send(new DescribeClusterCommand({ ClusterId: id }))).Cluster;
}

async function step(clusterId: string, stepId: string | undefined) {
  return (await here.emr.send(new DescribeStepCommand({ ClusterId: clusterId, StepId: stepId }))).Step;
}

const clusterState = (id: string, state: string) =>
  until(
    () => cluster(id),
    (it) => it?.Status?.State === state,
  );
const stepState = (clusterId: string, stepId: string | undefined, state: string) =>
  until(
    () => step(clusterId, stepId),
    (it) => it?.Status?.State === state,
  );

/** A script that says it runs, then waits. */
const waiting = (file: string) =>
  `trap 'exit 3' TERM; echo $$ > "$HOME/${file}"; while :; do sleep 0.05; done`;
const pidIn = async (file: string) =>
  Number(
    await until(
      () => readFile(join(here.folder, file), 'utf8').catch(() => ''),
      (text) => text.endsWith('\n'),
    ),
  );

describe('a cluster', () => {
  it('starts, runs its steps in order, waits, and is terminated on request', async () => {
    const id = await launch();
    expect(id).toMatch(/^j-[0-9A-Z]{13}$/);
    await clusterState(id, 'WAITING');
    const [first, second] = await add(id, bash('echo one; sleep 0.2'), bash('echo two'));
    await stepState(id, first, 'RUNNING');
    expect((await cluster(id))?.Status?.State).toBe('RUNNING');
    expect((await step(id, second))?.Status?.State).toBe('PENDING');
    const done = await stepState(id, second, 'COMPLETED');
    const timeline = done?.Status?.Timeline;
    expect(timeline?.EndDateTime?.getTime()).toBeGreaterThanOrEqual(
      timeline?.StartDateTime?.getTime() ?? Infinity,
    );
    await clusterState(id, 'WAITING');
    await here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    const over = await clusterState(id, 'TERMINATED');
    expect(over?.Status?.StateChangeReason).toEqual({
      Code: 'USER_REQUEST',
      Message: 'Terminated by user request',
    });
    expect(over?.LogUri).toBe('s3n://bucket/logs/');
    expect(here.store.text(`s3://bucket/logs/${id}/steps/${first ?? ''}/stdout.gz`)).toBe('one\n');
    expect(here.warnings).toEqual([]);
  });

  it('without keep-alive ends by itself after its steps', async () => {
    const id = await launch({
      Instances: { MasterInstanceType: 'm5.xlarge', InstanceCount: 1 },
      Steps: [bash('true')],
    });
    const over = await clusterState(id, 'TERMINATED');
    expect(over?.AutoTerminate).toBe(true);
    expect(over?.Status?.StateChangeReason?.Code).toBe('ALL_STEPS_COMPLETED');
  });

  it('ends after its idle timeout, and not while a step is running', async () => {
    const id = await launch({ AutoTerminationPolicy: { IdleTimeout: 60 } });
    await clusterState(id, 'WAITING');
    const file = 'pid';
    const [running] = await add(id, bash(waiting(file)));
    await pidIn(file);
    here.clock.jump(61_000);
    expect((await cluster(id))?.Status?.State).toBe('RUNNING');
    await here.emr.send(new CancelStepsCommand({ ClusterId: id, StepIds: [running ?? ''] }));
    await clusterState(id, 'WAITING');
    here.clock.jump(61_000);
    const over = await clusterState(id, 'TERMINATED');
    expect(over?.Status?.StateChangeReason?.Message).toContain('idle for 60 seconds');
  });
});

describe('a step', () => {
  it('gets its arguments exactly as given, Spark, the Spark settings and a folder of its own', async () => {
    const args = ['spark-submit', "it's", '', 'a b', '$HOME', '*', '{"k": "é"}', '--x=1,2;`id`'];
    const id = await launch();
    const [spark] = await add(id, { Name: 's', HadoopJarStep: { Jar: 'command-runner.jar', Args: args } });
    const done = await stepState(id, spark, 'COMPLETED');
    expect(done?.Config?.Args).toEqual(args);
    expect(done?.ActionOnFailure).toBe('TERMINATE_CLUSTER');
    const log = (name: string) =>
      until(
        () => here.store.text(`s3://bucket/logs/${id}/steps/${spark ?? ''}/${name}.gz`),
        (text) => text !== undefined,
      );
    expect(await log('stdout')).toBe([...args.slice(1), 'conf: a.b=c d', ''].join('\n'));
    expect(await log('stderr')).toBe(`home: /a home key: none step: ${spark ?? ''}\n`);
    expect(await log('syslog')).toBe('');
    expect(await log('controller')).toContain('exit code 0');
  });

  it('gets the spark-defaults of its cluster, except those that would move Spark elsewhere', async () => {
    const Properties = {
      'spark.sql.ansi.enabled': 'true',
      'a.b': 'theirs',
      'spark.master': 'yarn',
      'spark.yarn.queue': 'q',
    };
    const id = await launch({
      Configurations: [
        { Classification: 'spark-defaults', Properties },
        { Classification: 'spark', Properties: { maximizeResourceAllocation: 'true' } },
      ],
    });
    const Args = ['spark-submit', 'x.py'];
    const [spark] = await add(id, { Name: 's', HadoopJarStep: { Jar: 'command-runner.jar', Args } });
    const stdout = await until(
      () => here.store.text(`s3://bucket/logs/${id}/steps/${spark ?? ''}/stdout.gz`),
      (text) => text !== undefined,
    );
    expect(stdout).toBe('x.py\nconf: spark.sql.ansi.enabled=true\na.b=c d\n');
  });

  it('that fails says where its log will be, and names one of EMR’s causes', async () => {
    const id = await launch();
    const oom = 'java.lang.OutOfMemoryError: Java heap space';
    const [plain, memory] = await add(id, bash('exit 7'), bash(`echo '  ${oom}' >&2; exit 1`));
    const log = (stepId: string | undefined) => `s3://bucket/logs/${id}/steps/${stepId ?? ''}/stderr.gz`;
    expect((await stepState(id, plain, 'FAILED'))?.Status?.FailureDetails).toEqual({
      Reason: 'Unknown Error.',
      LogFile: log(plain),
    });
    expect((await stepState(id, memory, 'FAILED'))?.Status?.FailureDetails).toEqual({
      Reason: 'Out of memory.',
      Message: oom,
      LogFile: log(memory),
    });
  });

  it('whose Python program prints the cause to stdout is explained from there', async () => {
    const id = await launch();
    const cause =
      'pyspark.errors.exceptions.captured.AnalysisException: [PATH_ALREADY_EXISTS] Path file:/x already exists.';
    const [known] = await add(id, bash(`echo '${cause}'; exit 1`));
    expect((await stepState(id, known, 'FAILED'))?.Status?.FailureDetails).toEqual({
      Reason: 'Output directory already exists.',
      Message: cause,
      LogFile: `s3://bucket/logs/${id}/steps/${known ?? ''}/stdout.gz`,
    });
  });

  it('that fails ends the cluster with errors when its action says so', async () => {
    const id = await launch({
      Steps: [bash('exit 1', { ActionOnFailure: 'TERMINATE_CLUSTER' }), bash('true')],
    });
    const over = await clusterState(id, 'TERMINATED_WITH_ERRORS');
    expect(over?.Status?.StateChangeReason?.Code).toBe('STEP_FAILURE');
    const { Steps: steps } = await here.emr.send(new ListStepsCommand({ ClusterId: id }));
    expect(steps?.map((it) => it.Status?.State)).toEqual(['CANCELLED', 'FAILED']);
  });

  it('is cancelled by a signal to its whole process group', async () => {
    const id = await launch();
    const [parent, child] = ['parent', 'child'];
    const [first, next] = await add(
      id,
      bash(`bash -c 'echo $$ > "$HOME/${child}"; sleep 60' & ${waiting(parent)}`),
      bash('true'),
    );
    const pids = [await pidIn(parent), await pidIn(child)];
    const { CancelStepsInfoList: info } = await here.emr.send(
      new CancelStepsCommand({ ClusterId: id, StepIds: [first ?? '', next ?? ''] }),
    );
    expect(info?.map((it) => it.Status)).toEqual(['SUBMITTED', 'SUBMITTED']);
    expect((await step(id, next))?.Status?.Timeline?.StartDateTime).toBeUndefined();
    await stepState(id, first, 'CANCELLED');
    await until(
      () => pids.filter(alive),
      (left) => left.length === 0,
    );
    await clusterState(id, 'WAITING');
  });

  it('ends together with its child processes, even those in a session of their own', async () => {
    const id = await launch();
    const [parent] = await add(
      id,
      bash(`for n in one two; do setsid bash -c 'trap "" TERM; echo $$ > "$HOME/'$n'"; exec sleep 60' & done
        until [ -s "$HOME/one" ] && [ -s "$HOME/two" ]; do sleep 0.05; done`),
    );
    await stepState(id, parent, 'COMPLETED');
    const pids = [await pidIn('one'), await pidIn('two')];
    if (process.platform === 'linux') expect(await Promise.all(pids.map(works))).toEqual([false, false]);
  });

  it('that ignores SIGTERM is killed by the second signal', async () => {
    const id = await launch();
    const file = 'stubborn';
    const [stubborn] = await add(
      id,
      bash(`trap '' TERM; echo $$ > "$HOME/${file}"; while :; do sleep 0.05; done`),
    );
    const pid = await pidIn(file);
    await here.emr.send(new CancelStepsCommand({ ClusterId: id, StepIds: [stubborn ?? ''] }));
    await stepState(id, stubborn, 'CANCEL_PENDING');
    await stepState(id, stubborn, 'CANCELLED');
    expect(alive(pid)).toBe(false);
  });

  it('is killed at once on TERMINATE_PROCESS', async () => {
    const id = await launch();
    const file = 'killed';
    const [killed] = await add(id, bash(waiting(file).replace('exit 3', 'echo asked; exit 3')));
    await pidIn(file);
    await here.emr.send(
      new CancelStepsCommand({
        ClusterId: id,
        StepIds: [killed ?? ''],
        StepCancellationOption: 'TERMINATE_PROCESS',
      }),
    );
    await stepState(id, killed, 'CANCELLED');
    const uri = `s3://bucket/logs/${id}/steps/${killed ?? ''}/stdout.gz`;
    expect(
      await until(
        () => here.store.text(uri),
        (text) => text !== undefined,
      ),
    ).toBe('');
  });

  it('still running when its cluster is terminated is stopped, and its logs exist when the cluster has ended', async () => {
    const id = await launch();
    const file = 'running';
    const [running] = await add(id, bash(`echo before; ${waiting(file)}`));
    const pid = await pidIn(file);
    await here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    await clusterState(id, 'TERMINATED');
    expect(alive(pid)).toBe(false);
    expect((await step(id, running))?.Status?.State).toBe('CANCELLED');
    expect(here.store.text(`s3://bucket/logs/${id}/steps/${running ?? ''}/stdout.gz`)).toBe('before\n');
  });

  it('that is cancelled before Spark is set up does not wait for that', async () => {
    await here.end();
    here = await world({ spark: () => new Promise(() => undefined) });
    const id = await launch();
    const [early] = await add(id, bash('true'));
    await stepState(id, early, 'RUNNING');
    await here.emr.send(new CancelStepsCommand({ ClusterId: id, StepIds: [early ?? ''] }));
    await stepState(id, early, 'CANCELLED');
  });

  it('fails with the reason if Spark cannot be set up, and the next step tries again', async () => {
    await here.end();
    let calls = 0;
    here = await world({
      spark: () => Promise.reject(new Error(`no Java 17 (${(calls += 1)})`)),
    });
    const id = await launch();
    const [first, second] = await add(id, bash('true'), bash('true'));
    expect((await stepState(id, first, 'FAILED'))?.Status?.FailureDetails?.Message).toContain(
      'no Java 17 (1)',
    );
    expect((await stepState(id, second, 'FAILED'))?.Status?.FailureDetails?.Message).toContain(
      'no Java 17 (2)',
    );
  });

  it('gets variables that are read again before each step, instead of inherited ones', async () => {
    await here.end();
    let turn = 0;
    here = await world({
      environment: { PATH: process.env['PATH'], TOKEN: 'old' },
      stepVariables: () => Promise.resolve({ TURN: String((turn += 1)), TOKEN: undefined }),
    });
    const id = await launch();
    const script = 'echo "$TURN ${TOKEN-none}"';
    const steps = await add(id, bash(script), bash(script));
    await stepState(id, steps[1], 'COMPLETED');
    const logOf = (step: string) => here.store.text(`s3://bucket/logs/${id}/steps/${step}/stdout.gz`);
    expect(
      await until(
        () => steps.map(logOf),
        (texts) => !texts.includes(undefined),
      ),
    ).toEqual(['1 none\n', '2 none\n']);
  });
});

describe('logs', () => {
  it('appear after their delay, not before', async () => {
    await here.end();
    here = await world({ logDelaySeconds: 100 });
    const id = await launch();
    const [done] = await add(id, bash('echo hello'));
    await stepState(id, done, 'COMPLETED');
    expect(here.store.objects.size).toBe(0);
    here.clock.jump(100_000);
    await until(
      () => here.store.objects.size,
      (size) => size === 4,
    );
  });

  it('of a running step are uploaded regularly if they changed, and completely at its end', async () => {
    await here.end();
    const puts: string[] = [];
    const store = mapStore();
    here = await world(
      {
        logIntervalSeconds: 100,
        openStore: async (uri) => {
          const opened = await store.open(uri);
          const put: typeof opened.put = (key, body) => {
            puts.push(key.split('/').at(-1) ?? '');
            return opened.put(key, body);
          };
          return { ...opened, put };
        },
      },
      store,
    );
    const id = await launch();
    const script =
      'echo one; until [ -e "$HOME/go" ]; do sleep 0.02; done; echo two; until [ -e "$HOME/end" ]; do sleep 0.02; done; echo three';
    const [running] = await add(id, bash(script));
    const local = (name: string) =>
      readFile(join(here.folder, 'state/clusters', id, 'steps', running ?? '', name), 'utf8').catch(() => '');
    const stdout = () => store.text(`s3://bucket/logs/${id}/steps/${running ?? ''}/stdout.gz`);
    const uploaded = (text: string) => until(stdout, (now) => now === text);
    await until(
      () => local('stdout'),
      (text) => text === 'one\n',
    );
    expect(store.objects.size).toBe(0);
    here.clock.jump(100_000);
    await uploaded('one\n');
    await writeFile(join(here.folder, 'go'), '');
    await until(
      () => local('stdout'),
      (text) => text === 'one\ntwo\n',
    );
    expect(stdout()).toBe('one\n');
    await until(
      () => puts.length,
      (count) => count === 3,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    here.clock.jump(100_000);
    await uploaded('one\ntwo\n');
    await writeFile(join(here.folder, 'end'), '');
    await stepState(id, running, 'COMPLETED');
    await uploaded('one\ntwo\nthree\n');
    await until(
      () => puts.length,
      (count) => count === 8,
    );
    expect(puts).toEqual(
      ['controller', 'stderr', 'stdout', 'stdout', 'controller', 'stderr', 'stdout', 'syslog'].map(
        (name) => `${name}.gz`,
      ),
    );
  });

  it('of a running step that arrive after its end do not replace the final ones', async () => {
    await here.end();
    const store = mapStore();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let puts = 0;
    here = await world(
      {
        logIntervalSeconds: 100,
        openStore: async (uri) => {
          const opened = await store.open(uri);
          const put: typeof opened.put = async (key, body) => {
            puts += 1;
            if (puts === 1) await held;
            return opened.put(key, body);
          };
          return { ...opened, put };
        },
      },
      store,
    );
    const id = await launch();
    const file = 'go';
    const [running] = await add(id, bash(`until [ -e "$HOME/${file}" ]; do sleep 0.02; done`));
    await stepState(id, running, 'RUNNING');
    await new Promise((resolve) => setTimeout(resolve, 100));
    here.clock.jump(100_000);
    await until(
      () => puts,
      (count) => count === 1,
    );
    await writeFile(join(here.folder, file), '');
    await stepState(id, running, 'COMPLETED');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(store.objects.size).toBe(0);
    release();
    const controller = () => store.text(`s3://bucket/logs/${id}/steps/${running ?? ''}/controller.gz`);
    await until(
      () => store.objects.size,
      (size) => size === 4,
    );
    expect(controller()).toContain('exit code 0');
    expect(puts).toBe(5);
  });

  it('of a running step are not uploaded if logs are off, and cause one warning if uploading fails', async () => {
    for (const [faults, expected] of [
      [{ events: [{ event: 'logs-never' as const }] }, 0],
      [{}, 1],
    ] as const) {
      await here.end();
      let opened = 0;
      here = await world(
        { faults: { events: [...(faults.events ?? [])] }, logIntervalSeconds: 100 },
        mapStore(() => `gone (${String((opened += 1))})`),
      );
      const id = await launch();
      const [running] = await add(id, bash(waiting('pid')));
      await pidIn('pid');
      for (let n = 1; n <= 2; n += 1) {
        here.clock.jump(100_000);
        await until(
          () => opened,
          (count) => count >= n * expected,
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(here.warnings.filter((warning) => warning.includes('running step'))).toHaveLength(expected);
      expect((await step(id, running))?.Status?.State).toBe('RUNNING');
      expect(opened).toBe(2 * expected);
    }
  });

  it('that cannot be uploaded harm neither the step nor the end of the cluster', async () => {
    await here.end();
    here = await world(
      {},
      mapStore(() => 'the bucket is gone'),
    );
    const id = await launch();
    const [done] = await add(id, bash('true'));
    await stepState(id, done, 'COMPLETED');
    await here.emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    await clusterState(id, 'TERMINATED');
    expect(here.warnings.join('\n')).toContain('the bucket is gone');
  });
});

describe('a log', () => {
  it('of more than 64 MiB is uploaded without its beginning, and says so', async () => {
    const id = await launch();
    const [long] = await add(id, bash('head -c 67108870 /dev/zero | tr "\\0" x; echo; echo end'));
    const uri = `s3://bucket/logs/${id}/steps/${long ?? ''}/stdout.gz`;
    const text = await until(
      () => here.store.text(uri),
      (it) => it !== undefined,
    );
    expect(text?.slice(0, 35)).toBe('(the first 11 bytes are left out)\nx');
    expect(text?.slice(-6)).toBe('x\nend\n'.slice(-6));
    expect(text?.length).toBe(34 + 64 * 1024 * 1024);
  });
});

describe('the state folder', () => {
  it('is for its owner alone', async () => {
    expect((await stat(join(here.folder, 'state'))).mode & 0o777).toBe(0o700);
  });

  it('keeps clusters and steps over a restart; a step that was running has failed as an infrastructure failure', async () => {
    const id = await launch();
    const file = 'interrupted';
    const [done, interrupted, next] = await add(id, bash('echo kept'), bash(waiting(file)), bash('true'));
    const pid = await pidIn(file);
    await here.restart();
    expect(alive(pid)).toBe(false);
    expect((await step(id, done))?.Status?.State).toBe('COMPLETED');
    expect((await step(id, interrupted))?.Status).toMatchObject({
      State: 'FAILED',
      FailureDetails: { Reason: 'Infrastructure failure.' },
    });
    await stepState(id, next, 'COMPLETED');
    await until(
      () => here.store.objects.size,
      (size) => size === 12,
    );
  });

  it('belongs to one endpoint at a time', async () => {
    const stateFolder = join(here.folder, 'state');
    await expect(world({ stateFolder })).rejects.toThrow(/in use by another endpoint \(process \d+\)/);
    await here.endpoint.close();
    const second = await world({ stateFolder });
    await second.end();
  });
});
