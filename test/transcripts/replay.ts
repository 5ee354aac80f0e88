/**
 * Replays a transcript: a folder with `script`, a bash script, `input/`, a copy of which it runs in, and `output.txt`. The command
 * `landfall` runs inside this process; `process landfall` and `interrupt` start the built CLI. EMR is an account on this machine that
 * does with each step what `input/emr.json` says.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { scriptedAccount } from './account.ts';
import { listenForCalls } from './callee.ts';
import type { RowFiles } from '../hostile/landed-step.ts';
import { normalised } from './normalise.ts';

const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../..');
const LONGEST_MS = 120_000;

/** Every transcript, by its folder's name. */
export function transcripts(): string[] {
  const names = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => name).filter((name) => existsSync(join(FOLDER, name, 'script')));
}

export const recordOf = (name: string) => join(FOLDER, name, 'output.txt');

/** The script's current output; `rows`: the rows that steps land. */
export async function replay(name: string, rows: RowFiles): Promise<string> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'landfall-transcript-')));
  const at = (place: string) => join(base, place);
  for (const place of ['bin', 'home', 'etl']) mkdirSync(at(place), { mode: 0o700 });
  symlinkSync(join(ROOT, 'scripts/landfall.js'), at('bin/landfall'));
  const input = join(FOLDER, name, 'input');
  if (existsSync(input)) cpSync(input, at('etl'), { recursive: true });
  writeFileSync(at('said'), '');
  const account = await scriptedAccount(at('etl/emr.json'), rows);
  const callee = await listenForCalls(at('bin/landfall'));
  try {
    await runScript(name, at('etl'), {
      PATH: [at('bin'), dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      HOME: at('home'),
      SAID: at('said'),
      CALLEE: String(callee.port),
      BASH_ENV: join(FOLDER, 'prelude.sh'),
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      NODE_NO_WARNINGS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_EMR: account.endpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    const said = readFileSync(at('said'), 'utf8').trimStart();
    return normalised(said, { '/home/ann/etl': at('etl'), '/home/ann': at('home'), '/opt/landfall': ROOT });
  } finally {
    await callee.close();
    await account.close();
    rmSync(base, { recursive: true, force: true });
  }
}

function runScript(name: string, cwd: string, env: Record<string, string>): Promise<void> {
  const child = spawn('bash', [join(FOLDER, name, 'script')], {
    cwd,
    env,
    stdio: 'ignore',
    detached: true,
    timeout: LONGEST_MS,
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) =>
      signal === null ? resolve() : reject(new Error(`the script of ${name} was ended by ${signal}`)),
    );
  });
}
