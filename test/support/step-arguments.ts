import type { Objects, StepRequest } from '../../src/run/ports.ts';

/** The value after a flag in a step's argument vector. */
export function argument({ args }: StepRequest, flag: string): string {
  return args[args.indexOf(flag) + 1] ?? '';
}

/** Where a step was told to write, relative to the lake. */
export function outputKey(objects: Pick<Objects, 'uri'>, step: StepRequest): string {
  return argument(step, '--output').slice(objects.uri.length + 1);
}
