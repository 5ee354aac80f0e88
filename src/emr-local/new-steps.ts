/** From steps as a request gives them to records, by EMR's rules. */
import { invalid, notEmulated } from './aws-error.ts';
import { newId } from './ids.ts';
import { isActive } from './records.ts';
import { checkRunnable } from './step-command.ts';
import type { ClusterRecord, StepRecord } from './records.ts';
import type { StepRequest } from './request-schemas.ts';
import type { Random } from '../run/ports.ts';

const MAX_ACTIVE = 256;
const MAX_CHARACTERS = 10_240;

/**
 * The new steps, pending, in the order given; throws EMR's refusal when one of them is not acceptable, or when there would
 * be too many. Then none is added.
 */
export function newSteps(
  cluster: Pick<ClusterRecord, 'concurrency' | 'steps'>,
  requests: readonly StepRequest[],
  now: number,
  random: Random,
): StepRecord[] {
  if (cluster.steps.filter(isActive).length + requests.length > MAX_ACTIVE) {
    throw invalid(
      "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.",
    );
  }
  return requests.map((request) => newStep(request, cluster.concurrency, now, random));
}

function newStep(request: StepRequest, concurrency: number, now: number, random: Random): StepRecord {
  const { Jar: jar, MainClass: mainClass, Args: args = [], Properties = [] } = request.HadoopJarStep;
  const properties = Object.fromEntries(Properties.map(({ Key = '', Value = '' }) => [Key, Value]));
  const actionOnFailure = request.ActionOnFailure ?? 'TERMINATE_CLUSTER';
  if (concurrency > 1 && actionOnFailure !== 'CONTINUE') {
    throw invalid(`Action on failure '${actionOnFailure}' is invalid.`);
  }
  const texts = [
    jar,
    ...(mainClass === undefined ? [] : [mainClass]),
    ...args,
    ...Object.entries(properties).flat(),
  ];
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > MAX_CHARACTERS) {
    throw invalid(
      `The step '${request.Name}' has ${characters} characters; at most ${MAX_CHARACTERS} are allowed in its jar, main ` +
        'class, arguments and properties.',
    );
  }
  if (request.StepMonitoringConfiguration !== undefined) throw notEmulated('StepMonitoringConfiguration');
  checkRunnable(jar, args, mainClass);
  return {
    id: newId('s', random),
    name: request.Name,
    jar,
    mainClass,
    args,
    properties,
    actionOnFailure,
    state: 'PENDING',
    created: now,
    logs: 'none',
  };
}
