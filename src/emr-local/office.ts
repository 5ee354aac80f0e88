/** What every operation works with, and how it finds the cluster it is asked about. */
import { invalid, invalidRequest } from './aws-error.ts';
import { isModifiable } from './records.ts';
import type { Pace } from './cluster-machine.ts';
import type { Keeper } from './keeper.ts';
import type { ClusterRecord } from './records.ts';
import type { Clock, Random } from '../run/ports.ts';

export interface Office {
  keeper: Keeper;
  clock: Clock;
  random: Random;
  region: string;
  pace: Pace;
  /** What is created is hidden from lists until then. */
  hiddenUntil?: number | undefined;
  /** Gives a new cluster its fate; absent, it has none. */
  destine: (cluster: ClusterRecord) => ClusterRecord;
}

/** One operation: the request's body in, the answer's body out. */
export type Operation = (office: Office, body: unknown) => unknown;

/** For verbs that speak of clusters. */
export function clusterById(office: Office, id: string): ClusterRecord {
  const cluster = office.keeper.get(id);
  if (cluster === undefined) throw invalidRequest(`Cluster id '${id}' is not valid.`, 'NoSuchCluster');
  return cluster;
}

/** For verbs that speak of job flows. */
export function jobFlowById(office: Office, id: string): ClusterRecord {
  const cluster = office.keeper.get(id);
  if (cluster === undefined) throw invalid('Specified job flow ID not valid');
  return cluster;
}

/** Refuses to change a cluster that is over or ending; `refuse` makes the error of the operation at hand. */
export function requireModifiable(cluster: ClusterRecord, refuse: (message: string) => Error): ClusterRecord {
  if (!isModifiable(cluster)) {
    throw refuse('A job flow that is shutting down, terminated, or finished may not be modified.');
  }
  return cluster;
}
