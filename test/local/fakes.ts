/** What the tests of local/ share: a clock, and a fake pip, Java and Spark. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Run } from '../../src/local/run-command.ts';
import type { Clock } from '../../src/run/ports.ts';

export const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    setTimeout(Math.min(ms, 20), undefined, signal && { signal }).then(
      () => undefined,
      () => undefined,
    ),
};

export interface Machine {
  /** Versions of Python by name; with `no-venv` after it if the module is missing. */
  pythons?: Record<string, string>;
  /** JAVA_HOME by name of the program. */
  javas?: Record<string, { home: string; version: string; modules?: string }>;
  /** The result of pip; default: it installs. */
  pip?: { code: number; output: string };
  /** What `spark-submit --version` answers. */
  submit?: string;
  /** Awaited while pip installs. */
  whileInstalling?: () => Promise<void>;
}

/** A command runner for a fictional machine. `calls` records the commands. */
export function fakeMachine(machine: Machine): { run: Run; calls: string[] } {
  const calls: string[] = [];
  const { pythons = { python3: '3 11' }, javas = {} } = machine;
  const absent = { code: undefined, output: 'spawn ENOENT' };
  const run: Run = async (file, args) => {
    calls.push([file, ...args].join(' '));
    if (file.endsWith('spark-submit')) return { code: 0, output: machine.submit ?? '   version 3.5.6' };
    const java = javas[file];
    if (file.endsWith('java')) return java === undefined ? absent : { code: 0, output: javaSays(java, args) };
    if (args[1] === 'venv') return { code: 0, output: '' };
    if (args[1] === 'pip') {
      place(file);
      if (args.at(-1)?.endsWith('build.txt') === true) return { code: 0, output: '' };
      if (machine.pip !== undefined) return machine.pip;
      await machine.whileInstalling?.();
      pretendInstall(file, args);
      return { code: 0, output: '' };
    }
    if (args[1]?.includes('find_spec') === true) {
      return { code: 0, output: `spark ${sparkOf(file)}\njava ${join(dirname(file), 'java')}\n` };
    }
    const version = pythons[file];
    if (version === undefined) return absent;
    const able = version.includes('no-venv') ? 'no-venv' : 'venv';
    return { code: 0, output: `landfall ${version.replace(' no-venv', '')} ${able} /usr/bin/${file}\n` };
  };
  return { run, calls };
}

function javaSays(
  java: { home: string; version: string; modules?: string },
  args: readonly string[],
): string {
  if (args[0] === '--list-modules') return java.modules ?? 'java.base@17.0.1\n';
  return `    java.home = ${java.home}\n    java.specification.version = ${java.version}\n`;
}

const sparkOf = (python: string) => join(dirname(python), '..', 'pyspark');

function pretendInstall(python: string, args: readonly string[]): void {
  place(join(sparkOf(python), 'bin', 'spark-submit'));
  if (args.some((name) => name.endsWith('java-17.txt'))) place(join(dirname(python), 'java', 'bin', 'java'));
}

/** An existing executable file. */
export function place(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
}
