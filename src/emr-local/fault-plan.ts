/** Reads and checks a fault plan. */
import { LandfallError } from '../faults.ts';
import { readJson } from '../json-text.ts';
import { present } from '../present.ts';
import { applies } from './fault-decisions.ts';
import { faultPlanShape } from './fault-shapes.ts';
import type { FaultPlan } from './fault-shapes.ts';
import { operationNames } from './operations.ts';

/** Checks a plan; `source` names it in messages. Throws LandfallError naming the first mistake. */
export function checkFaultPlan(plan: unknown, source: string): FaultPlan {
  const result = faultPlanShape.safeParse(plan);
  if (!result.success) {
    const issue = present(result.error.issues[0], 'mistake in the fault plan');
    throw mistake(source, issue.path.join('.'), issue.message);
  }
  for (const [index, { fault: kind, on }] of result.data.faults.entries()) {
    const place = `faults.${index}.on`;
    if (on !== '*' && !operationNames.includes(on)) {
      throw mistake(source, place, `'${on}' is neither an operation of this endpoint nor *`);
    }
    if (on !== '*' && !applies(kind, on)) throw mistake(source, place, `${on} cannot be ${kind}`);
  }
  return result.data;
}

/** Reads a plan from the text of a JSON file. Throws LandfallError naming the first mistake. */
export function readFaultPlan(text: string, path: string): FaultPlan {
  const json = readJson(text);
  if ('problem' in json) throw mistake(path, '', json.problem);
  return checkFaultPlan(json.value, path);
}

function mistake(source: string, place: string, what: string): LandfallError {
  const at = place === '' ? source : `${source}, ${place}`;
  return new LandfallError('input', `${at}: ${what}`, {
    next: 'correct the fault plan; its form is in src/emr-local/README.md',
  });
}
