import type { Objects, StepRequest } from '../../src/run/ports.ts';

/** The value after a flag in a step's argument vector. */
export function argument({ args }: Pick<StepRequest, 'args'>, flag: string): string {
  return args[args.indexOf(flag) + 1] ?? '';
}

/** The arguments of each step of an application. */
export function programsOf(args: readonly string[]): string[][] {
  const programs: string[][] = [[]];
  for (const arg of args)
    if (arg === '--then') programs.push([]);
    else programs.at(-1)!.push(arg);
  return programs;
}

/** Runs the steps of an application in turn, until one does not complete. Returns how the last one ended. */
export function runPrograms<End extends string>(
  args: readonly string[],
  run: (args: readonly string[]) => End | 'COMPLETED',
): End | 'COMPLETED' {
  for (const its of programsOf(args)) {
    const end = run(its);
    if (end !== 'COMPLETED') return end;
  }
  return 'COMPLETED';
}

/** Where a step was told to write, relative to the lake. */
export function outputKey(objects: Pick<Objects, 'uri'>, step: Pick<StepRequest, 'args'>): string {
  return argument(step, '--output').slice(objects.uri.length + 1);
}
