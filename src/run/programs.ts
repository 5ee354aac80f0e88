/** Runs programs in the lake only as they were planned. */
import { LandfallError } from '../faults.ts';
import { keys, mostBytes } from '../lake/layout.ts';
import { advise, commandAt } from '../shell-words.ts';
import type { Run } from './driven-run.ts';
import type { PlannedStep } from './plan.ts';
import type { Objects } from './ports.ts';

/** A digest of bytes, in lower-case hex. */
export type Sha256 = (bytes: Uint8Array) => string;

/** The program of that attempt. Throws `input` when it is gone, or is not the one that the plan names. */
export async function plannedProgram(
  { objects, sha256 }: { objects: Objects; sha256: Sha256 },
  run: string,
  { name, digest }: PlannedStep,
  attempt: number,
): Promise<Uint8Array> {
  const key = keys.program(run, name, attempt);
  const program = await objects.get(key, mostBytes.program);
  const found = program === undefined ? undefined : sha256(program);
  if (program !== undefined && found === digest) return program;
  const what = found === undefined ? 'is gone from the lake' : 'is not the one that was planned';
  throw new LandfallError('input', `the program of step ${name} ${what}`, {
    why: [
      `${objects.uri}/${key} ${found === undefined ? 'does not exist' : `has SHA-256 ${found}`}`,
      `the plan names SHA-256 ${digest}`,
    ],
    stand: ['the step was not submitted'],
    next: advise`${commandAt(objects.uri, 'cancel', run)} unless the run has ended, then ${commandAt(objects.uri, 'retry', run)}, which renders and uploads it again`,
  });
}

/** The program of a step of the run that is driven. */
export function plannedProgramOf(run: Run, step: PlannedStep, attempt: number): Promise<Uint8Array> {
  return plannedProgram(run.ports, run.journal.run, step, attempt);
}
