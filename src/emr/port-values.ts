/** EMR's answers as the values of a run's ports. States stay as EMR writes them, known or not. */
import type {
  Cluster as EmrCluster,
  ClusterSummary,
  ErrorDetail,
  StepSummary,
  Tag,
} from '@aws-sdk/client-emr';
import type { Cluster, Home, Step } from '../run/ports.ts';
import { plainLine } from './plain-text.ts';

/** A cluster from DescribeCluster or ListClusters. */
export function clusterOf(answer: EmrCluster | ClusterSummary): Cluster {
  const { Status: status } = answer;
  const reason = status?.StateChangeReason?.Message;
  return {
    id: answer.Id ?? '',
    name: answer.Name ?? '',
    ...homeOf(answer.ClusterArn),
    ...given('reasonCode', status?.StateChangeReason?.Code),
    ...given('reason', plainLine(reason ?? '')),
    ...given('logUri', 'LogUri' in answer ? answer.LogUri : undefined),
    ...given('created', status?.Timeline?.CreationDateTime),
    ...given('ready', status?.Timeline?.ReadyDateTime),
    ...given('ended', status?.Timeline?.EndDateTime),
    ...('StepConcurrencyLevel' in answer ? given('stepConcurrency', answer.StepConcurrencyLevel) : {}),
    state: status?.State ?? 'UNKNOWN',
    errorDetails: (status?.ErrorDetails ?? []).flatMap((detail) => errorLines(detail, reason)),
  };
}

/** Region and account, from an ARN: `arn:aws:elasticmapreduce:REGION:ACCOUNT:cluster/j-...`. */
export function homeOf(arn: string | undefined): Home {
  const [, region, account] = /^arn:[^:]*:elasticmapreduce:([^:]*):(\d{12}):/.exec(arn ?? '') ?? [];
  return { ...given('account', account), ...given('region', region) };
}

/** A step from ListSteps. A step that never started has no start, and may have no end. */
export function stepOf(answer: StepSummary): Step {
  const { Status: status } = answer;
  const details = status?.FailureDetails;
  const failure = {
    ...given('reason', details?.Reason),
    ...given('message', details?.Message),
    ...given('logFile', details?.LogFile),
  };
  return {
    id: answer.Id ?? '',
    name: answer.Name ?? '',
    state: status?.State ?? 'UNKNOWN',
    ...(Object.keys(failure).length > 0 ? { failure } : {}),
    ...given('created', status?.Timeline?.CreationDateTime),
    ...given('started', status?.Timeline?.StartDateTime),
    ...given('ended', status?.Timeline?.EndDateTime),
  };
}

/** Keys and values; either is empty where EMR gives none. */
export function tagsIn(tags: readonly Tag[] | undefined): [string, string][] {
  return (tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']);
}

/** Where EMR's error data names the page that explains the error. */
const PAGE = 'public-doc';

/** One detail: code, message and data, without what the cluster's reason says already; then the page about it. */
function errorLines(
  { ErrorCode: code, ErrorMessage: message, ErrorData: data }: ErrorDetail,
  reason: string | undefined,
): string[] {
  const facts = (data ?? []).flatMap((entry) => Object.entries(entry)).filter(([, value]) => value !== '');
  const own = message === code || message === reason ? undefined : message;
  const said = [code, own].filter((part) => part !== undefined && part !== '').join(': ');
  const shown = facts.filter(([key]) => key !== PAGE).map(([key, value]) => `${key} ${value}`);
  return [
    plainLine(shown.length === 0 ? said : `${said} (${shown.join(', ')})`),
    ...facts.filter(([key]) => key === PAGE).map(([, page]) => plainLine(`see ${page}`)),
  ];
}

/** An object with the key, or an empty one when there is no value: EMR sends `null` and `""` for what it does not know. */
function given<K extends string, V>(key: K, value: V | null | undefined): Partial<Record<K, V>> {
  return value === undefined || value === null || value === '' ? {} : ({ [key]: value } as Record<K, V>);
}
