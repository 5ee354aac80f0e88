/** Finds a Python that can make a virtual environment. */
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import type { Run } from './run-command.ts';

const NAMES = ['python3', ...[13, 12, 11, 10, 9].map((minor) => `python3.${minor}`), 'python'];
const OLDEST = 9;
/** Newer ones are taken only when there is no other: Spark has not been tried on them. */
const NEWEST_TRIED = 13;
const ASK = `import sys
try:
    import ensurepip, venv
    able = "venv"
except ImportError:
    able = "no-venv"
print("landfall", sys.version_info[0], sys.version_info[1], able, sys.executable)`;

interface Found {
  name: string;
  minor: number;
  venv: boolean;
  path: string;
}

/** The path of the interpreter. Throws `input`, with the next move, when there is no suitable one. */
export async function findPython(run: Run, env: Env): Promise<string> {
  const found: Found[] = [];
  for (const name of NAMES) {
    const python = await ask(run, env, name);
    if (python === undefined) continue;
    found.push(python);
    if (python.venv && python.minor >= OLDEST && python.minor <= NEWEST_TRIED) return python.path;
  }
  const newer = found.find(({ venv, minor }) => venv && minor > NEWEST_TRIED);
  if (newer !== undefined) return newer.path;
  throw refusal(found);
}

async function ask(run: Run, env: Env, name: string): Promise<Found | undefined> {
  const { code, output } = await run(name, ['-c', ASK], { env });
  const match = /^landfall (\d+) (\d+) (venv|no-venv) (.+)$/m.exec(output);
  if (code !== 0 || match?.[4] === undefined) return undefined;
  const minor = Number(match[1]) === 3 ? Number(match[2]) : -1;
  return { name, minor, venv: match[3] === 'venv', path: match[4].trim() };
}

function refusal(found: readonly Found[]): LandfallError {
  const recent = found.find(({ minor }) => minor >= OLDEST);
  if (recent !== undefined) {
    return new LandfallError(
      'input',
      `Python at ${recent.path} lacks the venv module, which the local Spark needs`,
      {
        next: `install it (Debian, Ubuntu: apt install python3.${recent.minor}-venv), then run this again`,
      },
    );
  }
  const next =
    'install Python 3.9 or newer with venv (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)';
  const old = found[0];
  return old === undefined
    ? new LandfallError('input', 'no python3 on PATH; the local Spark needs one', { next })
    : new LandfallError(
        'input',
        `${old.name} on PATH is older than Python 3.9, which the local Spark needs`,
        { next },
      );
}
