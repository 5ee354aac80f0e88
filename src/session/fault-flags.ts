/** The fault plan of `emr-local`, from its flags. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EndpointOptions } from '../emr-local/endpoint.ts';
import { readFaultPlan } from '../emr-local/fault-plan.ts';
import type { FaultPlan } from '../emr-local/fault-shapes.ts';
import { randomFaultPlan } from '../emr-local/random-faults.ts';
import { LandfallError } from '../faults.ts';
import { usage } from '../cli/arguments.ts';
import type { CliContext } from '../cli/context.ts';
import type { EmrLocalFlags } from '../cli/verbs.ts';
import { messageOf } from '../message-of.ts';

/**
 * From `--faults`, `--fault-seed` and `--quotas`. A plan made from a seed is printed, so that it can be saved to a
 * file and reduced.
 */
export function faultOptions(
  flags: EmrLocalFlags,
  cli: CliContext,
): Pick<EndpointOptions, 'faults' | 'quotas'> {
  const faults = faultPlan(flags, cli);
  return { quotas: flags.quotas === true, ...(faults === undefined ? {} : { faults }) };
}

function faultPlan(flags: EmrLocalFlags, { cwd, printer }: CliContext): FaultPlan | undefined {
  const file = flags.faults;
  const seed = flags['fault-seed'];
  if (file !== undefined && seed !== undefined)
    throw usage('--faults and --fault-seed exclude each other', flags);
  if (file !== undefined) return readFaultPlan(readText(resolve(cwd, file)), file);
  if (seed === undefined) return undefined;
  if (!Number.isSafeInteger(seed)) {
    throw usage('--fault-seed is not a whole number', flags);
  }
  const plan = randomFaultPlan(seed);
  printer.emit({ event: 'note', message: `fault plan of seed ${String(seed)}: ${JSON.stringify(plan)}` });
  return plan;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = messageOf(cause);
    throw new LandfallError('input', `the fault plan ${path} cannot be read: ${why}`, {
      next: 'name the JSON file of a fault plan with --faults',
      cause,
    });
  }
}
