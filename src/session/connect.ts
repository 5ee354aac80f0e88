/** EMR for an existing run, in the region of its cluster. */
import type { Settings } from '../config/settings.ts';
import type { EmrSettings } from '../emr/emr.ts';
import type { EndpointFile } from '../local/endpoint-file.ts';
import { atHome, homeOf } from '../run/cluster-home.ts';
import { needsEmr } from '../run/stages.ts';
import { currentCluster } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import type { Ports } from '../run/ports.ts';
import { composePorts, connectEmr, emrAccess } from './compose.ts';
import type { Connection } from './compose.ts';
import { startEndpointOf, stateFolderOf, stopEndpointOf } from './local-cluster.ts';
import { launchSettings } from './planned-launch.ts';
import type { Session } from './session.ts';
import { withoutEmr } from './without-emr.ts';
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

export interface Driver {
  ports: Ports;
  /** Closes the connection; stops the local endpoint too, unless its run's work continues. */
  close(goesOn: boolean): Promise<void>;
}

/**
 * The ports of a run that this process drives, with the local endpoint that it needs. A run in which no step runs needs neither
 * endpoint nor EMR. `signal` ends their retries.
 */
export async function connectDriver(cli: CliContext, session: Session, signal: AbortSignal): Promise<Driver> {
  const { journal, settings, store, watch } = session;
  const { plan } = journal.state();
  if (!needsEmr(journal.state())) {
    const ports = await composePorts(cli, session, withoutEmr(), signal);
    return { ports, close: () => Promise.resolve() };
  }
  const stateFolder = plan.cluster.kind === 'local' ? stateFolderOf(cli, store, plan.run) : undefined;
  let endpoint: EndpointFile | undefined;
  if (stateFolder !== undefined) {
    const { host } = cli.process;
    if (journal.state().endpoint !== host) await journal.append({ entry: 'endpoint', host });
    endpoint = await startEndpointOf(cli, settings, plan, stateFolder);
  }
  const connection = await connectForRun(cli, settings, journal.state(), {
    endpoint,
    ...(watch.detach ? { actionOnFailure: 'CANCEL_AND_WAIT' } : {}),
  });
  return {
    ports: await composePorts(cli, session, connection, signal),
    close: async (goesOn) => {
      connection.close();
      if (stateFolder !== undefined && !goesOn)
        await stopEndpointOf(cli, stateFolder, journal.state().finished !== undefined);
    },
  };
}

/** The settings with the region of EMR: the planned one, or else that of the cluster that the run stays with. */
function inRegionOf(state: RunState, settings: Settings): Settings {
  const stays = state.renewCluster === 'always' ? undefined : currentCluster(state)?.region;
  const region = state.plan.region ?? stays;
  return region === undefined ? settings : { ...settings, emr: { ...settings.emr, region } };
}
