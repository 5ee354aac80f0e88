/** The endpoint's state on disk: one file a cluster, one folder a step. Everything in it survives the endpoint. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LandfallError } from '../faults.ts';
import { readJson } from '../json-text.ts';
import { messageOf } from '../message-of.ts';
import { isClusterId } from './ids.ts';
import type { ClusterRecord } from './records.ts';

export interface Disk {
  readonly root: string;
  /** Every cluster on disk. Throws LandfallError when a file cannot be understood. */
  load(): ClusterRecord[];
  /** Replaces the cluster's file in one move. */
  save(cluster: ClusterRecord): void;
  /** Forgets the cluster and its steps. */
  remove(clusterId: string): void;
  stepFolder(clusterId: string, stepId: string): string;
}

/** Creates the folder, readable by its owner alone, or takes the one that is there. */
export function openDisk(root: string): Disk {
  const clusters = join(root, 'clusters');
  try {
    refuseStrange(root);
    mkdirSync(clusters, { recursive: true, mode: 0o700 });
    chmodSync(root, 0o700);
  } catch (cause) {
    throw new LandfallError('input', `the state folder ${root} cannot be used: ${messageOf(cause)}`, {
      next: 'name a folder of your own with --state',
      cause,
    });
  }
  const folder = (clusterId: string) => join(clusters, clusterId);
  return {
    root,
    load: () =>
      readdirSync(clusters)
        .filter(isClusterId)
        .flatMap((id) => read(join(clusters, id), id)),
    save: (cluster) => {
      mkdirSync(folder(cluster.id), { recursive: true, mode: 0o700 });
      const path = join(folder(cluster.id), 'cluster.json');
      writeFileSync(`${path}.tmp`, JSON.stringify(cluster), { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    },
    remove: (clusterId) => rmSync(folder(clusterId), { recursive: true, force: true }),
    stepFolder: (clusterId, stepId) => join(folder(clusterId), 'steps', stepId),
  };
}

/**
 * A folder is not ours if it belongs to another user, or if others can read it and it holds other things. Its mode is
 * left alone.
 */
function refuseStrange(root: string): void {
  if (!existsSync(root)) return;
  const us = process.geteuid?.();
  const { uid } = statSync(root);
  if (us !== undefined && uid !== us)
    throw new Error(`it belongs to user ${uid}, and this process runs as user ${us}`);
  if (existsSync(join(root, 'clusters'))) return;
  const open = (statSync(root).mode & 0o077) !== 0;
  if (open && readdirSync(root).length > 0) throw new Error('it holds other things');
}

/** None when the cluster's first save never finished: nobody was told its id. */
function read(folder: string, id: string): ClusterRecord[] {
  const path = join(folder, 'cluster.json');
  if (!existsSync(path)) return [];
  try {
    const json = readJson(readFileSync(path, 'utf8'));
    if ('problem' in json) throw new Error(json.problem);
    const found = json.value as { version?: unknown; id?: unknown };
    if (found.version !== 1 || found.id !== id) throw new Error('it is no cluster of this version');
    return [found as ClusterRecord];
  } catch (cause) {
    throw new LandfallError('input', `${path} cannot be read: ${messageOf(cause)}`, {
      next: `move ${folder} away, or use another state folder`,
      cause,
    });
  }
}
