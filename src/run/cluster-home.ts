/** Where a cluster is: the account and region that see it, and the error for those who ask from elsewhere. */
import { LandfallError } from '../faults.ts';
import type { Emr, Home } from './ports.ts';

/** Account and region alone, where they are known. */
export function homeOf({ account, region }: Home): Home {
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

/**
 * EMR for a run that has clusters already, `homes` by their ids. Calls about a cluster that EMR does not know here,
 * or does not allow, fail as `access` and say where that cluster is and who called: the run itself is not at fault.
 * `asked` gives the account and region of the calls.
 */
export function atHome(emr: Emr, homes: ReadonlyMap<string, Home>, asked: () => Promise<Home>): Emr {
  const explained = async (error: unknown, id: string): Promise<unknown> => {
    const home = homes.get(id);
    if (home === undefined || !(error instanceof LandfallError)) return error;
    if (error.fault === 'access') return denied(error, home, await asked());
    if (error.fault !== 'cluster' || (await isKnown(emr, id))) return error;
    const here = await asked();
    return isSame(home, here) ? error : notHere(id, home, here);
  };
  const telling = async <T>(id: string, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw await explained(error, id);
    }
  };
  return {
    ...emr,
    describeCluster: (id) => telling(id, emr.describeCluster(id)),
    addSteps: (id, steps) => telling(id, emr.addSteps(id, steps)),
    listSteps: (id, since) => telling(id, emr.listSteps(id, since)),
    getSteps: (id, stepIds) => telling(id, emr.getSteps(id, stepIds)),
    describeStep: (id, stepId) => telling(id, emr.describeStep(id, stepId)),
    cancelSteps: (id, stepIds) => telling(id, emr.cancelSteps(id, stepIds)),
    terminate: (id) => telling(id, emr.terminate(id)),
  };
}

/** Both known, and equal: then EMR has forgotten the cluster, as it does two months after its end. */
function isSame(home: Home, here: Home): boolean {
  return home.account !== undefined && home.account === here.account && home.region === here.region;
}

/** False when EMR refuses even to describe the cluster; true when in doubt. */
async function isKnown(emr: Emr, id: string): Promise<boolean> {
  try {
    await emr.describeCluster(id);
    return true;
  } catch (error) {
    return !(error instanceof LandfallError && error.fault === 'cluster');
  }
}

function notHere(id: string, home: Home, asked: Home): LandfallError {
  return new LandfallError('access', `the run's cluster ${id} is not known to EMR here`, {
    why: [`it belongs to ${placeOf(home)}`, `these credentials are for ${placeOf(asked)}`],
    next: 'use credentials of that account, in that region, and run the command again',
  });
}

/** The refusal names its caller by ARN: the account in it is the one that asked. */
function denied(error: LandfallError, home: Home, asked: Home): LandfallError {
  const { message, why, stand, next, cause } = error;
  const caller = /\barn:[^:\s]*:(?:iam|sts)::(\d{12}):/.exec(why.join(' '))?.[1];
  const who = homeOf({ ...asked, ...(caller === undefined ? {} : { account: caller }) });
  return new LandfallError('access', message, {
    why: [...why, `the run's cluster belongs to ${placeOf(home)}; these credentials are for ${placeOf(who)}`],
    stand,
    cause,
    ...(next === undefined ? {} : { next }),
  });
}

/** For messages: `account 123456789012, region us-west-2`. */
export function placeOf({ account, region }: Home): string {
  const whose = account === undefined ? 'an unknown account' : `account ${account}`;
  return region === undefined ? whose : `${whose}, region ${region}`;
}
