import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeStepCommand,
  RunJobFlowCommand,
} from '@aws-sdk/client-emr';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killLeftBehind } from '../../src/emr-local/processes.ts';
import { alive, bash, client, clusterRequest, until, works, world } from './world.ts';
import type { ChildProcess } from 'node:child_process';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-crash-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function run(file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function startProcess(state: string): Promise<{ child: ChildProcess; url: string }> {
  const child = run(process.execPath, [
    '--import',
    'tsx',
    join(import.meta.dirname, 'endpoint-process.ts'),
    state,
  ]);
  const url = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  return { child, url };
}

describe('an endpoint that is killed', () => {
  it.each(['RUNNING', 'CANCEL_PENDING'])(
    'leaves a step that was %s; the next endpoint kills its processes and reports its end',
    async (state) => {
      const stateFolder = join(folder, 'state');
      const { child, url } = await startProcess(stateFolder);
      const emr = client(url);
      const { JobFlowId: id } = await emr.send(new RunJobFlowCommand(clusterRequest()));
      const pids = join(folder, 'pids');
      const script = `trap '' TERM; sleep 300 & echo $$ $! > ${pids}; while :; do sleep 0.1; done`;
      const added = await emr.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps: [bash(script)] }));
      const step = { ClusterId: id, StepId: added.StepIds?.[0] };
      const text = await until(
        () => readFile(pids, 'utf8').catch(() => ''),
        (it) => it.endsWith('\n'),
      );
      if (state === 'CANCEL_PENDING') {
        await emr.send(new CancelStepsCommand({ ClusterId: id, StepIds: [step.StepId ?? ''] }));
      }
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      emr.destroy();
      const [leader = 0] = text.trim().split(' ').map(Number);
      expect(await works(leader)).toBe(true);

      const next = await world({ stateFolder });
      try {
        await until(
          async () => (await Promise.all(text.trim().split(' ').map(Number).map(works))).includes(true),
          (working) => !working,
        );
        const { Step: found } = await next.emr.send(new DescribeStepCommand(step));
        if (state === 'RUNNING') {
          expect(found?.Status).toMatchObject({
            State: 'FAILED',
            FailureDetails: {
              Reason: 'Infrastructure failure.',
              Message: 'The endpoint ended while the step was running',
            },
          });
        } else {
          expect(found?.Status?.State).toBe('CANCELLED');
        }
        expect(await readdir(stateFolder)).toEqual(['clusters', expect.stringMatching(/^owner-/)]);
      } finally {
        await next.end();
        if (await works(leader)) process.kill(-leader, 'SIGKILL');
      }
    },
  );
});

describe('an endpoint whose process exits at once', () => {
  it('kills its steps, even those that ignore SIGTERM', async () => {
    const { child, url } = await startProcess(join(folder, 'state'));
    const emr = client(url);
    const { JobFlowId: id } = await emr.send(new RunJobFlowCommand(clusterRequest()));
    const pids = join(folder, 'pids');
    const script = `trap '' TERM; setsid sleep 300 & echo $$ $! > ${pids}; while :; do sleep 0.1; done`;
    await emr.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps: [bash(script)] }));
    const text = await until(
      () => readFile(pids, 'utf8').catch(() => ''),
      (it) => it.endsWith('\n'),
    );
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe(143);
    emr.destroy();
    const left = text.trim().split(' ').map(Number);
    try {
      await until(
        async () => (await Promise.all(left.map(works))).includes(true),
        (working) => !working,
      );
    } finally {
      for (const pid of left) if (await works(pid)) process.kill(pid, 'SIGKILL');
    }
  });
});

describe('what is left behind', () => {
  it('is identified by its step’s mark and killed; a process that only has the same pid is spared', async () => {
    const stranger = run('sleep', ['300']);
    const ours = run('sleep', ['300'], { EMR_STEP_ID: 's-0000000000OUR' });
    const ended = new Promise((resolve) => ours.once('exit', (_, signal) => resolve(signal)));
    await killLeftBehind({ id: 's-0000000000OUR', pid: stranger.pid ?? 0, startedAt: 0 });
    if (process.platform === 'linux') expect(await ended).toBe('SIGKILL');
    expect(alive(stranger.pid ?? 0)).toBe(true);
  });
});

describe('a state folder', () => {
  it('whose owner died, or whose pid belongs to another process now, is free', async () => {
    const stateFolder = join(folder, 'state');
    await mkdir(stateFolder, { mode: 0o700 });
    await writeFile(join(stateFolder, `owner-${process.pid}-00`), 'another time');
    await writeFile(join(stateFolder, 'owner-4194305-00'), '4194305 1 x');
    const next = await world({ stateFolder });
    expect((await readdir(stateFolder)).filter((name) => name.startsWith('owner-'))).toHaveLength(1);
    await next.end();
  });

  it.each([
    [0o755, /cannot be used: it holds other things/],
    [0o700, undefined],
  ])('with other things in it and mode %o is taken only if it is private', async (mode, refusal) => {
    const stateFolder = join(folder, 'state');
    await mkdir(stateFolder);
    await writeFile(join(stateFolder, 'precious'), '');
    await chmod(stateFolder, mode);
    const next = world({ stateFolder });
    if (refusal === undefined) await (await next).end();
    else await expect(next).rejects.toThrow(refusal);
    expect((await stat(stateFolder)).mode & 0o777).toBe(mode);
    expect(await readdir(stateFolder)).toContain('precious');
  });

  it('reached through a link is the link’s target, and belongs to one endpoint', async () => {
    await symlink(join(folder, 'state'), join(folder, 'link'));
    const next = await world({ stateFolder: join(folder, 'state') });
    await expect(world({ stateFolder: join(folder, 'link') })).rejects.toThrow(/in use by another endpoint/);
    await next.end();
  });

  it('with a file that cannot be read is refused with the file’s name, and stays free', async () => {
    const stateFolder = join(folder, 'state');
    const cluster = join(stateFolder, 'clusters', 'j-0000000000000');
    await mkdir(cluster, { recursive: true });
    await writeFile(join(cluster, 'cluster.json'), '{"version":1');
    await expect(world({ stateFolder })).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining(join(cluster, 'cluster.json')),
      next: expect.stringContaining('move'),
    });
    await rm(cluster, { recursive: true });
    await (await world({ stateFolder })).end();
  });
});
