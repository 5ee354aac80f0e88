/** The planned end of a cluster: turns the events of the fault plan into the fate recorded at its launch. Pure. */
import { present } from '../present.ts';
import { ec2InstanceId } from './ids.ts';
import type { WorldEvent } from './fault-shapes.ts';
import type { ClusterRecord, ErrorDetail, Fate } from './records.ts';

const DOCUMENTATION = 'https://docs.aws.amazon.com/emr/latest/ManagementGuide';

/**
 * The fate that the plan has for the `number`-th cluster (from 1). `pace`: how long it will be starting and
 * bootstrapping.
 */
export function fateOf(
  events: readonly WorldEvent[],
  number: number,
  cluster: ClusterRecord,
  pace: { startingMs: number; bootstrappingMs: number },
): Pick<ClusterRecord, 'fate' | 'logsNever'> {
  const mine = events.filter(({ nth, count }) => number >= nth && number < nth + count);
  const fates = mine.map((event) => endBy(event, cluster, pace)).filter((fate) => fate !== undefined);
  return {
    ...(fates[0] && { fate: fates[0] }),
    ...(mine.some(({ event }) => event === 'logs-never') && { logsNever: true }),
  };
}

/** When the cluster's fate strikes, as far as that is known yet. */
export function strikeTime({ fate, steps }: ClusterRecord): number | undefined {
  if (fate === undefined) return undefined;
  const { strikes } = fate;
  if ('at' in strikes) return strikes.at;
  const started = steps.flatMap((step) => step.started ?? []).sort((a, b) => a - b);
  const decisive = started[strikes.step - 1];
  // Not at the same moment: a step that is recorded as started does not have its process yet.
  return decisive === undefined ? undefined : decisive + Math.max(1, strikes.afterMs);
}

function endBy(
  event: WorldEvent,
  cluster: ClusterRecord,
  pace: { startingMs: number; bootstrappingMs: number },
): Fate | undefined {
  const started = cluster.created + pace.startingMs;
  switch (event.event) {
    case 'spot-loss':
      return {
        code: 'INSTANCE_FAILURE',
        message: event.message ?? 'All slaves in the job flow were terminated due to Spot',
        details: [],
        strikes: moment(event, cluster),
      };
    case 'internal-error':
      return {
        code: 'INTERNAL_ERROR',
        message: event.message ?? 'Failed to start the job flow due to an internal error',
        details: [],
        strikes: moment(event, cluster),
      };
    case 'validation-error':
      return {
        code: 'VALIDATION_ERROR',
        message: event.message ?? 'The key pair name that you provided is invalid',
        details: [
          detail('VALIDATION_ERROR_INVALID_SSH_KEY_NAME', event.message, { 'ssh-key': 'no-such-key' }),
        ],
        strikes: { at: started },
      };
    case 'fleet-timeout':
      return {
        code: 'INSTANCE_FLEET_TIMEOUT',
        message: event.message ?? 'The instance fleet could not be provisioned before its timeout',
        details: [],
        strikes: { at: started },
      };
    case 'bootstrap-failure':
      return bootstrapFailure(event, cluster, started + pace.bootstrappingMs);
    case 'logs-never':
      return undefined;
  }
}

function moment(
  given: { after?: number | undefined; step?: number | undefined },
  { created }: ClusterRecord,
): Fate['strikes'] {
  if (given.step === undefined && given.after !== undefined) return { at: created + given.after * 1000 };
  const { step = 1, after = 0 } = given;
  return { step, afterMs: after * 1000 };
}

function bootstrapFailure(
  { message, stderr }: { message?: string | undefined; stderr?: string | undefined },
  { pools, bootstrapActions }: ClusterRecord,
  at: number,
): Fate {
  const master = pools.find(({ role }) => role === 'MASTER')?.instanceIds[0];
  const instance = ec2InstanceId(present(master, 'master instance'));
  const said =
    message ?? `On the master instance (${instance}), bootstrap action 1 returned a non-zero return code`;
  return {
    code: 'BOOTSTRAP_FAILURE',
    message: said,
    details: [
      detail('BOOTSTRAP_FAILURE_PRIMARY_WITH_NON_ZERO_CODE', said, {
        'primary-instance-id': instance,
        'bootstrap-action': '1',
        'return-code': '1',
        'amazon-s3-path': bootstrapActions[0]?.ScriptPath ?? '',
      }),
    ],
    strikes: { at },
    bootstrapLog: { instance, stderr: stderr ?? 'bootstrap: No such file or directory\n', state: 'due' },
  };
}

function detail(
  code: string,
  message: string | undefined,
  data: Readonly<Record<string, string>>,
): ErrorDetail {
  return {
    ErrorCode: code,
    ErrorData: [...Object.entries(data), ['public-doc', `${DOCUMENTATION}/${code}.html`] as const].map(
      ([key, value]) => ({ [key]: value }),
    ),
    ErrorMessage: message ?? code,
  };
}
