/** Records of a cluster that waits, and of a step that waits for it. */
import type { Pace } from '../../src/emr-local/cluster-machine.ts';
import type { ClusterRecord, StepRecord } from '../../src/emr-local/records.ts';

export const pace: Pace = {
  startingMs: 200,
  bootstrappingMs: 300,
  terminatingMs: 100,
  logDelayMs: 5000,
  endRunningAs: 'CANCELLED',
};

export function step(id: string, changes: Partial<StepRecord> = {}): StepRecord {
  return {
    id,
    name: id,
    jar: 'command-runner.jar',
    args: ['bash', '-c', 'true'],
    properties: {},
    actionOnFailure: 'CONTINUE',
    state: 'PENDING',
    created: 0,
    logs: 'none',
    ...changes,
  };
}

export function cluster(changes: Partial<ClusterRecord> = {}): ClusterRecord {
  return {
    version: 1,
    id: 'j-0000000000000',
    arn: 'arn',
    name: 'c',
    state: 'WAITING',
    reason: {},
    created: 0,
    idleSince: 0,
    keepAlive: true,
    terminationProtected: false,
    concurrency: 1,
    collection: 'INSTANCE_GROUP',
    pools: [],
    bootstrapActions: [],
    tags: {},
    described: {},
    steps: [],
    ...changes,
  };
}
