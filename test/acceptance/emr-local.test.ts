/** `landfall emr-local` in a shell, as the README shows it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signalGroup } from '../../src/emr-local/processes.ts';
import { landfall, root, temporaryFolder } from '../support/landfall.ts';
import { commandLines } from '../support/processes.ts';
import { testPython } from '../support/python.ts';
import { snippets } from '../support/readme.ts';

const { folder: cwd, remove } = temporaryFolder();
/** Where the private Spark is. */
const home = { LANDFALL_HOME: process.env['LANDFALL_HOME'] };
const tmp = join(cwd, 'tmp');
beforeAll(() => {
  mkdirSync(tmp, { recursive: true });
});
/** Another home of Landfall, without Spark. */
const own = join(cwd, 'own');
const stateFolders = () => {
  const folder = join(own, 'emr-local');
  return existsSync(folder) ? readdirSync(folder) : [];
};
/** Process groups of the shells. */
const groups: number[] = [];
afterAll(() => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
  remove();
});

/** Runs a bash script that finds `landfall` and `aws`; returns its stdout. */
function inBash(script: string, env: Record<string, string> = {}): Promise<string> {
  const functions = `
    landfall() { exec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"; }
    aws() { "${testPython()}" -m awscli "$@"; }
    npm() { exec "$(type -P npm)" --prefix "${root}" "$@"; }
    reached() { for n in {1..200}; do "$@" && return; sleep 0.1; done; echo "never: $*" >&2; exit 1; }`;
  const child = spawn('bash', ['-euc', `${functions}\n${script}`], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TMPDIR: tmp, NODE_NO_WARNINGS: '1', ...home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const heard = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (heard[name] += text));
  }
  if (child.pid !== undefined) groups.push(child.pid);
  return new Promise((resolve, reject) => {
    child.on('close', (code) =>
      code === 0 ? resolve(heard.stdout) : reject(new Error(`${String(code)}: ${heard.stderr}`)),
    );
  });
}

describe('the endpoint in a shell', () => {
  it('runs the example of the README as printed', async () => {
    const [demo = ''] = snippets('The local EMR endpoint, for other clients', 'sh');
    expect(await inBash(demo)).toBe('45\n');
  }, 200_000);

  it('is found by the AWS CLI, runs its step, and ends a step that ignores signals at Ctrl-C', async () => {
    const step = (script: string) => ({
      Name: 'a step',
      ActionOnFailure: 'CONTINUE',
      Type: 'CUSTOM_JAR',
      Jar: 'command-runner.jar',
      Args: ['bash', '-c', script],
    });
    const stubborn = 'trap "" INT TERM; sleep 3601 & echo > "$HOME/started"; sleep 3602';
    writeFileSync(join(cwd, 'steps.json'), JSON.stringify([step('echo hello'), step(stubborn)]));
    const said = await inBash(`
      landfall emr-local --state 'my state' > exports &
      reached test -s exports
      . ./exports
      aws emr create-cluster --name=try --release-label=emr-7.13.0 --use-default-roles --instance-type=m5.xlarge \\
        --log-uri="file:$PWD/logs" --no-auto-terminate --steps file://steps.json --query ClusterId --output text > id
      reached test -e started
      kill -INT %1
      wait %1 || echo "exit $?"`);
    expect(said).toMatch(/^exit 130$/m);
    expect(commandLines('sleep 3601').concat(commandLines('sleep 3602'))).toEqual([]);
    const cluster = readFileSync(join(cwd, 'id'), 'utf8').trim();
    const steps = join(cwd, 'logs', cluster, 'steps');
    const logs = readdirSync(steps).map((step) => join(steps, step, 'stdout.gz'));
    expect(logs.map((log) => gunzipSync(readFileSync(log)).toString())).toContain('hello\n');
    expect(existsSync(join(cwd, 'my state/endpoint.json'))).toBe(false);
  }, 60_000);

  it('prints its variables on one line, whatever they contain, and keeps running', async () => {
    const region = "eu $(touch harm) 'x'";
    const said = await inBash(
      `read -r exports < <(landfall emr-local) && eval "$exports"
      endpoint=$!
      printf '%s\\n' "$AWS_REGION" "$AWS_DEFAULT_REGION"
      kill -0 $endpoint && kill $endpoint
      reached eval '! kill -0 $endpoint 2> /dev/null'`,
      { AWS_REGION: region, LANDFALL_HOME: own, TMPDIR: join(cwd, 'missing') },
    );
    expect(said).toBe(`${region}\n${region}\n`);
    expect(existsSync(join(cwd, 'harm'))).toBe(false);
    expect(stateFolders()).toEqual([]);
  });
});

describe('emr-local refuses', () => {
  it.each(['65536', '1.5'])('port %s and leaves no folder behind', async (port) => {
    const { code, stdout, stderr } = await landfall(['emr-local', '--port', port], {
      cwd,
      env: { LANDFALL_HOME: own },
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--port is not a');
    expect(stateFolders()).toEqual([]);
  });
});
