/** The CLI inside the test: a command line without a process of its own. */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Env } from '../../src/env.ts';
import { main } from '../../src/main.ts';
import type { Host } from '../../src/main.ts';
import { root } from './landfall.ts';

/** Runs `landfall ARGS`. `script`: the path that it was started by. */
export function callMain(
  args: readonly string[],
  { cwd, env, script }: { cwd: string; env: Env; script: string },
  streams: Host['streams'],
): Promise<number> {
  return main(args, {
    started: { env, cwd, node: process.execPath, script, home: root },
    streams,
    interruptions: () => new AbortController().signal,
    leaving: () => undefined,
  });
}

/** Runs `landfall ARGS`; `printed` is what it wrote to stdout and stderr. */
export async function landfallHere(
  args: readonly string[],
  { cwd, env }: { cwd: string; env: Env },
): Promise<{ code: number; printed: string }> {
  let printed = '';
  const stream = new Writable({
    write: (bytes: Buffer, _, done) => {
      printed += bytes.toString();
      done();
    },
  });
  const script = join(root, 'dist/cli.js');
  const code = await callMain(args, { cwd, env, script }, { stdout: stream, stderr: stream });
  return { code, printed };
}
