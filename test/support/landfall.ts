/** The built CLI, as a user runs it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellWord } from '../../src/shell-words.ts';

export const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.js');

/** The beginning of an advised command if the CLI was started by `start`, from a folder outside the repository. */
export const called = `node ${shellWord(cli)}`;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  process: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves once stdout or stderr contains this text; rejects if the program ends without it. */
  says: (text: string | RegExp) => Promise<void>;
}

export interface Surroundings {
  cwd: string;
  /** A program that starts the CLI, with its own arguments. */
  through?: readonly string[];
  env?: Record<string, string>;
  /** Another copy of the CLI. */
  program?: string;
}

/** A clean environment: no AWS, no Landfall configuration, only the private Spark that the tests have set up. */
function environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'LANDFALL_HOME', 'JAVA_HOME', 'NODE_NO_WARNINGS', 'TMPDIR'];
  const inherited = Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return {
    ...inherited,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
}

/** Starts `landfall ARGS`. */
export function start(
  args: readonly string[],
  { cwd, env, through = [], program: its = cli }: Surroundings,
): Running {
  const [program = process.execPath, ...more] = [...through, process.execPath, its, ...args];
  return watch(
    spawn(program, more, {
      cwd,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Starts `npm run SCRIPT -- ARGS` in a process group of its own, as a terminal would. */
export function startThroughNpm(
  script: string,
  args: readonly string[],
  { env }: Partial<Surroundings>,
): Running {
  const child = spawn('npm', ['run', script, '--', ...args], {
    cwd: root,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return watch(child);
}

/** Runs `landfall ARGS` to its end. */
export function landfall(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return start(args, surroundings).ended;
}

function watch(child: ChildProcess): Running {
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
  const says = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        const all = output.stdout + output.stderr;
        if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then(({ stdout, stderr }) =>
        reject(new Error(`ended without saying ${String(text)}:\n${stdout}\n${stderr}`)),
      );
    });
  return { process: child, ended, says };
}

/** A new folder, removed by the returned function. The name is hostile on purpose. */
export function temporaryFolder(name = "a b's [ü] %41#"): { folder: string; remove: () => void } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'landfall-')));
  return { folder: join(base, name), remove: () => rmSync(base, { recursive: true, force: true }) };
}
