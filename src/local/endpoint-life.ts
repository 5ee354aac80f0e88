/** Starts, finds and stops the endpoint of `--cluster local`: a process of its own, which outlives the driver. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Env } from '../env.ts';
import { identityOf, isOwnProcess } from '../emr-local/processes.ts';
import { isProof, proofOf, proofPath } from '../emr-local/proof.ts';
import { LandfallError } from '../faults.ts';
import type { Clock } from '../run/ports.ts';
import { readEndpointFile, removeEndpointFile } from './endpoint-file.ts';
import type { EndpointFile } from './endpoint-file.ts';
import { makePrivate } from './private-folder.ts';
import { takeTurn } from './turns.ts';

export interface EndpointLaunch {
  /** The folder that the command keeps its state in; `endpoint.json` appears there. */
  stateFolder: string;
  /** Program and arguments. Secrets are never among them. */
  command: readonly [string, ...string[]];
  env: Env;
  clock: Clock;
  /** Milliseconds until it must be ready; default 30,000. */
  patience?: number;
}

const LOOK_AGAIN_MS = 100;
const ANSWER_MS = 2000;

/**
 * The endpoint of a state folder: undefined unless the process that wrote its file still runs, is ours, and proves that it
 * knows the key.
 */
export async function findLocalEndpoint(stateFolder: string): Promise<EndpointFile | undefined> {
  const endpoint = readEndpointFile(stateFolder);
  if (endpoint === undefined || !(await isItsProcess(endpoint))) return undefined;
  return (await provesItsKey(endpoint)) ? endpoint : undefined;
}

async function isItsProcess({ pid, process: recorded }: EndpointFile): Promise<boolean> {
  return (await identityOf(pid)) === recorded && (await isOwnProcess(pid));
}

/**
 * The endpoint of a state folder, started unless it is running: detached, with its output in `endpoint.log` there.
 * Two simultaneous callers get the same endpoint. Throws `input` with the end of that log when it does not start.
 */
export async function startLocalEndpoint(launch: EndpointLaunch): Promise<EndpointFile> {
  const { stateFolder, clock } = launch;
  makePrivate(stateFolder);
  const endTurn = await takeTurn({ folder: join(stateFolder, 'turns'), clock });
  try {
    return (await findLocalEndpoint(stateFolder)) ?? (await start(launch));
  } finally {
    await endTurn();
  }
}

/**
 * Asks the endpoint to exit and waits for that; false when it is still running after `patience` milliseconds. Signals
 * only a proven endpoint.
 */
export async function stopLocalEndpoint(
  stateFolder: string,
  clock: Clock,
  patience = 15_000,
): Promise<boolean> {
  const endpoint = await findLocalEndpoint(stateFolder);
  if (endpoint === undefined) return true;
  const until = clock.monotonic() + patience;
  signal(endpoint.pid);
  while (await isItsProcess(endpoint)) {
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
      (fate.ended = code === null ? `it was killed by ${String(by)}` : `it ended with exit code ${code}`),
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
    why: [fate.ended ?? `it was not ready after ${Math.round(patience / 1000)} s`, ...lastLines(log)],
    next: `see ${log}`,
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

const MAX_ANSWER = 1000;

/** Asks for a proof over fresh random bytes: a process that merely listens on that port cannot make it. */
async function provesItsKey({ url, secretAccessKey }: EndpointFile): Promise<boolean> {
  const nonce = randomBytes(16).toString('hex');
  const port = Number(new URL(url).port);
  const answer = await get(url + proofPath(nonce));
  if (answer === undefined) return false;
  try {
    const { proof } = JSON.parse(answer) as { proof?: unknown };
    return typeof proof === 'string' && isProof(proof, proofOf(secretAccessKey, port, nonce));
  } catch {
    return false;
  }
}

/** The short body of an answer; undefined when none arrives in time. */
function get(url: string): Promise<string | undefined> {
  return new Promise((done) => {
    const asking = request(url, { agent: false, signal: AbortSignal.timeout(ANSWER_MS) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
        if (text.length > MAX_ANSWER) asking.destroy();
      });
      answer.on('end', () => done(text)).on('error', () => done(undefined));
    });
    asking.on('error', () => done(undefined)).on('close', () => done(undefined));
    asking.end();
  });
}
