/**
 * Installing from a clone: without development packages, without install scripts, and called from elsewhere. Then Spark,
 * from the package index that this machine uses.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const MADE = ['node_modules', 'dist', '.git', 'lake', 'sample', 'rendered'];

let base: string;
let clone: string;
let elsewhere: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'landfall ')));
  clone = join(base, 'clone');
  elsewhere = join(base, 'else where');
  mkdirSync(elsewhere);
  const skipped = new Set(MADE.map((name) => join(root, name)));
  cpSync(root, clone, { recursive: true, filter: (path) => !skipped.has(path) });
});
afterAll(() => rmSync(base, { recursive: true }));
afterEach(() => {
  for (const name of ['node_modules', 'dist']) rmSync(join(clone, name), { recursive: true, force: true });
});

function npm(args: readonly string[], cwd = clone, env: Record<string, string> = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|AWS_|LANDFALL_)/.test(name));
  return spawnSync('npm', args, { cwd, encoding: 'utf8', env: { ...Object.fromEntries(kept), ...env } });
}

const isInstalled = (name: string) => existsSync(join(clone, 'node_modules', name));

describe('a clone is installed', () => {
  it('with NODE_ENV=production: it is built, and its verbs and tools run, also from another folder with --prefix', () => {
    expect(npm(['--prefix', clone, 'ci'], elsewhere, { NODE_ENV: 'production' })).toMatchObject({
      status: 0,
    });
    expect(isInstalled('jest')).toBe(false);
    expect(npm(['run', '-s', 'submit', '--', '--help'])).toMatchObject({ status: 0, stderr: '' });
    expect(npm(['run', '-s', 'setup-spark', '--', '--help'])).toMatchObject({ status: 0 });
    const call = (...args: string[]) =>
      npm(['--prefix', clone, 'run', '-s', 'landfall', '--', ...args], elsewhere);
    const plan = call('plan', '--cluster', 'local', '--lake', './mine');
    expect(plan.status).toBe(0);
    expect(plan.stdout + plan.stderr).toContain(join(elsewhere, 'mine'));
    expect(call('status').stderr).toContain(`npm --prefix '${clone}' run -s landfall -- `);
    writeFileSync(join(clone, 'dl.cfg'), '[LAKE]\npath = ./beside\n');
    const configured = call('plan', '--cluster', 'local');
    expect(configured.stdout + configured.stderr).toContain(join(clone, 'beside'));
  }, 400_000);

  it('with --omit=dev --ignore-scripts: a verb says what to run, and works after that', () => {
    expect(npm(['ci', '--omit=dev', '--ignore-scripts'])).toMatchObject({ status: 0 });
    const told = npm(['run', '-s', 'plan']);
    expect(told).toMatchObject({ status: 2, stdout: '' });
    expect(told.stderr).toContain('run `npm run build`');
    expect(npm(['run', 'build'])).toMatchObject({ status: 0 });
    expect(npm(['run', '-s', 'plan', '--', '--help'])).toMatchObject({ status: 0 });
  }, 400_000);
});

describe('the private Spark', () => {
  const requirements = () => join(clone, 'dist/local/requirements/spark-3.5.6.txt');
  /** A verb of the built CLI that sets Spark up in an empty home, where the only Java is too old. */
  const setUp = (home: string) => {
    const bin = join(base, 'bin');
    mkdirSync(bin, { recursive: true });
    const java = 'echo "java.home = /opt/java-8"; echo "java.specification.version = 1.8"';
    writeFileSync(join(bin, 'java'), `#!/bin/sh\n${java}\n`, { mode: 0o755 });
    return npm(['run', '-s', 'submit', '--', '--cluster', 'local', '--lake', join(base, 'lake')], clone, {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      JAVA_HOME: '',
      LANDFALL_HOME: join(base, home),
    });
  };

  it('is set up from packages with the pinned hashes; a package with another hash is refused by name', () => {
    expect(npm(['ci', '--omit=dev'])).toMatchObject({ status: 0 });
    const sound = readFileSync(requirements(), 'utf8');
    writeFileSync(
      requirements(),
      sound.replace(/(py4j.*\n)(?:.*sha256:.*\n)+/, `$1    --hash=sha256:${'0'.repeat(64)}\n`),
    );
    const refused = setUp('first home');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('py4j==0.10.9.7 has the wrong checksum');
    expect(refused.stderr).toContain(`full log: ${join(base, 'first home', 'spark-3.5.6.log')}`);
    writeFileSync(requirements(), sound);
    expect(setUp('second home')).toMatchObject({ status: 0 });
  }, 900_000);
});
