/** The life of the endpoint that `--cluster local` speaks to: a process of its own, which outlives the driver. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { identityOf } from '../emr-local/processes.ts';
import { LandfallError } from '../faults.ts';
import type { Clock } from '../run/ports.ts';
import { readEndpointFile, removeEndpointFile } from './endpoint-file.ts';
import type { EndpointFile } from './endpoint-file.ts';
import { takeTurn } from './turns.ts';

export interface EndpointLaunch {
  /** The folder that the command keeps its state in; `endpoint.json` appears there. */
  stateFolder: string;
  /** Program and arguments. Secrets are never among them. */
  command: readonly [string, ...string[]];
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Milliseconds until it must be there; default 30,000. */
  patience?: number;
}

const LOOK_AGAIN_MS = 100;
const CONNECT_MS = 2000;

/** The endpoint of a state folder, if it lives and answers. */
export async function findLocalEndpoint(stateFolder: string): Promise<EndpointFile | undefined> {
  const endpoint = readEndpointFile(stateFolder);
  if (endpoint === undefined || (await identityOf(endpoint.pid)) === undefined) return undefined;
  return (await answers(endpoint.url)) ? endpoint : undefined;
}

/**
 * The endpoint of a state folder, started when it does not live: detached, its output in `endpoint.log` there. Two callers
 * at once get the same one. Throws `input` with the end of that log when it does not come up.
 */
export async function startLocalEndpoint(launch: EndpointLaunch): Promise<EndpointFile> {
  const { stateFolder, clock } = launch;
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const endTurn = await takeTurn({ folder: join(stateFolder, 'turns'), clock });
  try {
    return (await findLocalEndpoint(stateFolder)) ?? (await start(launch));
  } finally {
    await endTurn();
  }
}

/** Asks the endpoint to leave and waits for it; false when it is still there after `patience` milliseconds. */
export async function stopLocalEndpoint(
  stateFolder: string,
  clock: Clock,
  patience = 15_000,
): Promise<boolean> {
  const endpoint = await findLocalEndpoint(stateFolder);
  if (endpoint === undefined) return true;
  const identity = await identityOf(endpoint.pid);
  const until = clock.monotonic() + patience;
  signal(endpoint.pid);
  while (identity !== undefined && identity === (await identityOf(endpoint.pid))) {
    if (clock.monotonic() > until) return false;
    await clock.sleep(LOOK_AGAIN_MS);
  }
  return true;
}

async function start({
  stateFolder,
  command,
  env,
  clock,
  patience = 30_000,
}: EndpointLaunch): Promise<EndpointFile> {
  removeEndpointFile(stateFolder);
  const log = join(stateFolder, 'endpoint.log');
  const output = openSync(log, 'w', 0o600);
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: stateFolder,
    env,
    detached: true,
    stdio: ['ignore', 'ignore', output],
  });
  closeSync(output);
  const fate: { ended?: string } = {};
  child.on('error', (error) => (fate.ended = error.message));
  child.on(
    'exit',
    (code, by) =>
      (fate.ended = by === null ? `it ended with exit code ${code ?? 0}` : `it was ended by ${by}`),
  );
  child.unref();
  const until = clock.monotonic() + patience;
  while (fate.ended === undefined && clock.monotonic() < until) {
    const endpoint = await findLocalEndpoint(stateFolder);
    if (endpoint !== undefined) return endpoint;
    await clock.sleep(LOOK_AGAIN_MS);
  }
  if (fate.ended === undefined && child.pid !== undefined) signal(child.pid);
  throw new LandfallError('input', 'the local EMR endpoint did not start', {
    why: [fate.ended ?? `it was not there after ${Math.round(patience / 1000)} s`, ...lastLines(log)],
    next: `look into ${log}`,
  });
}

function lastLines(path: string): string[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(-5);
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It left by itself.
  }
}

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(CONNECT_MS, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
