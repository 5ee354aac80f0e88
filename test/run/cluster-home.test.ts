/** If a run's cluster is looked up from another account or region, the error says so, and the run has not failed. */
import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { atHome } from '../../src/run/cluster-home.ts';
import type { Emr, Home } from '../../src/run/ports.ts';
import { fakeWorld } from '../support/fake-run.ts';

const home: Home = { account: '111122223333', region: 'us-west-2' };
const here: Home = { region: 'eu-west-1' };
const unknown = new LandfallError(
  'cluster',
  "EMR refused DescribeCluster on j-1: Cluster id 'j-1' is not valid.",
);

/** EMR that answers every call about a cluster with the error. */
function refusing(error: LandfallError, more: Partial<Emr> = {}): Emr {
  const refuse = () => Promise.reject(error);
  const { emr } = fakeWorld(1);
  return {
    ...emr,
    describeCluster: refuse,
    addSteps: refuse,
    listSteps: refuse,
    getSteps: refuse,
    describeStep: refuse,
    cancelSteps: refuse,
    terminate: refuse,
    ...more,
  };
}
const calls: [string, (emr: Emr) => Promise<unknown>][] = [
  ['describeCluster', (emr) => emr.describeCluster('j-1')],
  ['addSteps', (emr) => emr.addSteps('j-1', [])],
  ['listSteps', (emr) => emr.listSteps('j-1')],
  ['getSteps', (emr) => emr.getSteps('j-1', ['s-1'])],
  ['describeStep', (emr) => emr.describeStep('j-1', 's-1')],
  ['cancelSteps', (emr) => emr.cancelSteps('j-1', ['s-1'])],
  ['terminate', (emr) => emr.terminate('j-1')],
];
const seenFrom = (emr: Emr, asked: Home, known: Home = home) =>
  atHome(emr, new Map([['j-1', known]]), () => Promise.resolve(asked));

describe('a cluster that EMR does not know here', () => {
  it.each(calls)('is reported, by %s, to belong to another account or region', async (_, call) => {
    await expect(call(seenFrom(refusing(unknown), here))).rejects.toMatchObject({
      fault: 'access',
      message: "the run's cluster j-1 is not known to EMR here",
      why: [
        'it belongs to account 111122223333, region us-west-2',
        'these credentials are for an unknown account, region eu-west-1',
      ],
    });
  });

  it('is also reported so with the journal of an earlier version, which has no account', async () => {
    const emr = seenFrom(refusing(unknown), { account: '444455556666', region: 'eu-west-1' }, {});
    await expect(emr.describeCluster('j-1')).rejects.toMatchObject({
      fault: 'access',
      why: [
        'it belongs to an unknown account',
        'these credentials are for account 444455556666, region eu-west-1',
      ],
    });
  });

  it('counts as forgotten if it was looked up in its own account and region', async () => {
    const emr = seenFrom(refusing(unknown), home);
    await expect(emr.describeCluster('j-1')).rejects.toBe(unknown);
  });

  it('is reported with EMR’s error if the run never had it', async () => {
    const emr = atHome(refusing(unknown), new Map(), () => Promise.resolve(here));
    await expect(emr.describeCluster('j-1')).rejects.toBe(unknown);
  });
});

describe('a refusal about a cluster that EMR knows here', () => {
  it('stays a refusal', async () => {
    const ended = new LandfallError('cluster', 'EMR refused AddJobFlowSteps on j-1: it is shutting down');
    const describeCluster: Emr['describeCluster'] = (id) =>
      Promise.resolve({ id, name: 'n', state: 'TERMINATING', errorDetails: [] });
    const emr = seenFrom(refusing(ended, { describeCluster }), here);
    await expect(emr.addSteps('j-1', [])).rejects.toBe(ended);
  });

  it('stays a refusal if EMR cannot be asked again', async () => {
    const refused = new LandfallError('cluster', 'refused');
    const away = new LandfallError('unreachable', 'no answer');
    const emr = seenFrom(refusing(refused, { describeCluster: () => Promise.reject(away) }), here);
    await expect(emr.terminate('j-1')).rejects.toBe(refused);
    await expect(emr.describeCluster('j-1')).rejects.toBe(away);
  });

  it('names the cluster’s account and the caller if access is denied', async () => {
    const denied = new LandfallError('access', 'not allowed: elasticmapreduce:DescribeCluster on j-1', {
      why: ['User: arn:aws:sts::444455556666:assumed-role/ci/1 is not authorized'],
      next: 'grant it',
    });
    await expect(seenFrom(refusing(denied), home).describeCluster('j-1')).rejects.toMatchObject({
      fault: 'access',
      message: denied.message,
      why: [
        ...denied.why,
        "the run's cluster belongs to account 111122223333, region us-west-2; these credentials are for account 444455556666, region us-west-2",
      ],
      next: 'grant it',
    });
  });
});
