/** What a run has in place of a connection to EMR when it carries all of its tables over. */
import type { Connection } from './compose.ts';

/** Nothing calls it: no step is to run, and there is no cluster. */
export function withoutEmr(): Pick<Connection, 'emr' | 'explain' | 'clusters'> {
  const refuse = () => Promise.reject(new Error('EMR was called for a run in which no step runs'));
  return {
    emr: {
      runJobFlow: refuse,
      findClusters: refuse,
      describeCluster: refuse,
      addSteps: refuse,
      listSteps: refuse,
      getSteps: refuse,
      describeStep: refuse,
      cancelSteps: refuse,
      terminate: refuse,
      findReusable: refuse,
    },
    explain: refuse,
    clusters: { reusable: refuse, whyNot: refuse, whyNotReuse: refuse },
  };
}
