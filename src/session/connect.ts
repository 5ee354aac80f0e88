/** EMR for a run that exists: looked for where its cluster is. */
import type { Settings } from '../config/settings.ts';
import type { EmrSettings } from '../emr/emr.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { atHome, homeOf } from '../run/cluster-home.ts';
import { currentCluster } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import { connectEmr, emrAccess } from './compose.ts';
import type { Connection } from './compose.ts';
import { launchSettings } from './planned-launch.ts';
import type { CliContext } from '../cli/context.ts';

export interface ConnectionNeeds {
  /** The local endpoint, where the run has one. */
  endpoint?: EndpointFile | undefined;
  /** What EMR does with the other steps when one fails; CONTINUE when absent. */
  actionOnFailure?: EmrSettings['actionOnFailure'];
}

/** Connects to the local endpoint of the run where there is one, else to EMR in the region of the run. */
export async function connectForRun(
  cli: CliContext,
  settings: Settings,
  state: RunState,
  { endpoint, actionOnFailure }: ConnectionNeeds = {},
): Promise<Connection> {
  const access = emrAccess(inRegionOf(state, settings), endpoint);
  const requests = {
    launch: launchSettings(settings, state.plan),
    ...(actionOnFailure === undefined ? {} : { actionOnFailure }),
  };
  const connection = await connectEmr(cli, access, requests, settings);
  if (endpoint !== undefined) return connection;
  const homes = new Map(
    state.clusters.flatMap((cluster) => (cluster.id === undefined ? [] : [[cluster.id, homeOf(cluster)]])),
  );
  return { ...connection, emr: atHome(connection.emr, homes, connection.asked) };
}

/** The settings, looking at EMR where the run was planned for, or else where the cluster is that it stays with. */
function inRegionOf(state: RunState, settings: Settings): Settings {
  const stays = state.renewCluster === 'always' ? undefined : currentCluster(state)?.region;
  const region = state.plan.region ?? stays;
  return region === undefined ? settings : { ...settings, emr: { ...settings.emr, region } };
}
