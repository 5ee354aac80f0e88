/** What tests expect of a run that was driven against the endpoint. */
import { ListClustersCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { expect } from '@jest/globals';
import { drivenRun } from './driven.ts';
import type { DrivenOptions, DrivenRun } from './driven.ts';
import { client } from './world.ts';

/** Drives a run to its end, lets `look` check it, and ends its endpoint. */
export async function driven(options: DrivenOptions, look: (run: DrivenRun) => Promise<void>): Promise<void> {
  const run = await drivenRun(options);
  try {
    await run.drive();
    await look(run);
  } finally {
    await run.end();
  }
}

/** It landed, with one cluster and each step's process run once. */
export async function expectOnce(run: DrivenRun): Promise<void> {
  expect(run.journal.state().finished?.verdict).toBe('succeeded');
  expect(run.published).toEqual([run.plan.run]);
  expect(await run.ran()).toEqual(['landfall/r1/song_transform#1', 'landfall/r1/log_transform#1']);
  expect(await clusterAndSteps(run)).toEqual(['TERMINATED', 'COMPLETED', 'COMPLETED']);
}

/** The states of the one cluster and its steps, newest first. */
export async function clusterAndSteps({ here }: DrivenRun): Promise<(string | undefined)[]> {
  // Its clock is the machine's own, so that its first request may be refused for its date.
  const patient = client(here.endpoint.url, 3);
  here.clock.jump(600_000);
  const { Clusters } = await patient.send(new ListClustersCommand({}));
  const { Steps } = await patient.send(new ListStepsCommand({ ClusterId: Clusters![0]!.Id }));
  patient.destroy();
  return [...Clusters!, ...Steps!].map(({ Status }) => Status?.State);
}

/** The share of EMR's quotas that a single run may use: far less than a token a second. */
export function expectFewCalls({ calls, seconds }: DrivenRun): void {
  const count = (operation: string) => calls.filter((one) => one === operation).length;
  expect(count('ListSteps')).toBeLessThan(60 + seconds() / 20);
  expect(count('DescribeCluster')).toBeLessThan(40 + seconds() / 20);
  expect(count('ListClusters')).toBeLessThan(30 + seconds() / 20);
}
