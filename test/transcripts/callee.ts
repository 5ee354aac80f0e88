/**
 * Runs commands of a transcript inside this process, in a tenth of the time. For each, bash connects, sends its process id, folder,
 * arguments and environment, and reads the exit code.
 */
import '../hostile/loaded.ts';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { callMain } from '../support/landfall-here.ts';

export interface Callee {
  port: number;
  close: () => Promise<void>;
}

/** `script`: the path that the CLI was started by. */
export async function listenForCalls(script: string): Promise<Callee> {
  const server = createServer((socket) => {
    let asked = '';
    const end = (exitCode: unknown) => socket.end(`${String(exitCode)}\n`);
    socket.on('data', (text) => {
      asked += String(text);
      if (asked.endsWith(END)) void answer(asked.slice(0, -END.length), script).then(end, end);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** Ends a request: no entry of an environment is empty. */
const END = '\0\0';

async function answer(asked: string, script: string): Promise<number> {
  const [shell = '', cwd = '', count, ...rest] = asked.split('\0');
  const argv = rest.slice(0, Number(count));
  const env = Object.fromEntries(
    rest.slice(Number(count)).map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const [stdout, stderr] = ['4', '5'].map((stream) => openSync(join('/proc', shell, 'fd', stream), 'a'));
  const { env: own } = process;
  // The SDK looks for credentials in process.env.
  process.env = env;
  try {
    const streams = { stdout: writingTo(stdout!), stderr: writingTo(stderr!) };
    return await callMain(argv, { cwd, env, script }, streams);
  } finally {
    process.env = own;
    for (const file of [stdout!, stderr!]) closeSync(file);
  }
}

function writingTo(file: number): Writable {
  return new Writable({
    write: (bytes: Buffer, _, done) => {
      try {
        writeSync(file, bytes);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
