/** What every operation works with, and how it finds the cluster that a request names. */
import { invalid, invalidRequest } from './aws-error.ts';
import { isModifiable } from './records.ts';
import type { Pace } from './cluster-machine.ts';
import type { Keeper } from './keeper.ts';
import type { ClusterRecord } from './records.ts';
import type { Clock, Random } from '../run/ports.ts';

export interface OperationContext {
  keeper: Keeper;
  clock: Clock;
  random: Random;
  region: string;
  pace: Pace;
  /** New clusters and steps are hidden from lists until then. */
  hiddenUntil?: number | undefined;
  /** Gives a new cluster its fate, if the fault plan has one for it. */
  assignFate: (cluster: ClusterRecord) => ClusterRecord;
}

/** One operation: the request's body in, the answer's body out. */
export type Operation = (context: OperationContext, body: unknown) => unknown;

/** For operations whose errors speak of clusters. */
export function clusterById(context: OperationContext, id: string): ClusterRecord {
  const cluster = context.keeper.get(id);
  if (cluster === undefined) throw invalidRequest(`Cluster id '${id}' is not valid.`, 'NoSuchCluster');
  return cluster;
}

/** For operations whose errors speak of job flows. */
export function jobFlowById(context: OperationContext, id: string): ClusterRecord {
  const cluster = context.keeper.get(id);
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
