/** EMR's answers in the words of a run's ports. States stay as EMR writes them, known or not. */
import type { Cluster as EmrCluster, ClusterSummary, ErrorDetail, StepSummary } from '@aws-sdk/client-emr';
import type { Cluster, Step } from '../run/ports.ts';
import { plainLine } from './plain-text.ts';

/** A cluster as DescribeCluster or ListClusters tells it. */
export function clusterOf(told: EmrCluster | ClusterSummary): Cluster {
  const { Status: status } = told;
  return {
    id: told.Id ?? '',
    name: told.Name ?? '',
    ...given('reasonCode', status?.StateChangeReason?.Code),
    ...given('reason', status?.StateChangeReason?.Message),
    ...given('created', status?.Timeline?.CreationDateTime),
    ...given('ready', status?.Timeline?.ReadyDateTime),
    ...given('ended', status?.Timeline?.EndDateTime),
    state: status?.State ?? 'UNKNOWN',
    errorDetails: (status?.ErrorDetails ?? []).map(errorLine),
  };
}

/** A step as ListSteps tells it. A step that never started has no start, and may have no end. */
export function stepOf(told: StepSummary): Step {
  const { Status: status } = told;
  const details = status?.FailureDetails;
  const failure = {
    ...given('reason', details?.Reason),
    ...given('message', details?.Message),
    ...given('logFile', details?.LogFile),
  };
  return {
    id: told.Id ?? '',
    name: told.Name ?? '',
    state: status?.State ?? 'UNKNOWN',
    ...(Object.keys(failure).length > 0 ? { failure } : {}),
    ...given('created', status?.Timeline?.CreationDateTime),
    ...given('started', status?.Timeline?.StartDateTime),
    ...given('ended', status?.Timeline?.EndDateTime),
  };
}

function errorLine({ ErrorCode: code, ErrorMessage: message, ErrorData: data }: ErrorDetail): string {
  const facts = (data ?? []).flatMap((entry) =>
    Object.entries(entry).map(([key, value]) => `${key} ${value}`),
  );
  const said = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
  return plainLine(facts.length === 0 ? said : `${said} (${facts.join(', ')})`);
}

/** An object with the key, or an empty one when there is no value: EMR sends `null` and `""` for what it does not know. */
function given<K extends string, V>(key: K, value: V | null | undefined): Partial<Record<K, V>> {
  return value === undefined || value === null || value === '' ? {} : ({ [key]: value } as Record<K, V>);
}
