/** Uploads to LogUri, and how their results change the records. */
import { uploadBootstrapLog, uploadLogs } from './step-logs.ts';
import { settleLogs } from './step-machine.ts';
import type { BootstrapLog, ClusterRecord } from './records.ts';
import type { RunningLogs } from './running-logs.ts';
import type { LogPlace } from './step-logs.ts';
import type { LogResult } from './step-machine.ts';
import type { Store } from '../store/store.ts';

/** One upload of logs: its name in warnings, how it is sent, and how its result changes the record. */
export interface Upload {
  what: string;
  send: (store: Store) => Promise<void>;
  settle: (record: ClusterRecord, result: LogResult) => ClusterRecord;
}

/** The last logs of a step, from its own folder. They wait for the upload that `running` still has under way. */
export function uploadOfStep(place: LogPlace, folder: string, running: Map<string, RunningLogs>): Upload {
  const { stepId } = place;
  return {
    what: `logs of step ${stepId}`,
    send: async (store) => {
      await running.get(stepId)?.stop();
      running.delete(stepId);
      await uploadLogs(store, folder, place);
    },
    settle: (record, result) => settleLogs(record, stepId, result),
  };
}

export function uploadOfBootstrap(clusterId: string, log: BootstrapLog): Upload {
  return {
    what: `bootstrap logs of cluster ${clusterId}`,
    send: (store) => uploadBootstrapLog(store, clusterId, log),
    settle: (record, result) => ({
      ...record,
      bootstrapLog: { ...log, state: result === 'uploaded' ? 'uploaded' : 'lost' },
    }),
  };
}
