/** The CLI where terminals close, disks are full, signals are ignored and users have no home. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'acorn';
import { ignoredAtStart } from '../../src/ignored-signals.ts';
import { landfall, root, start, temporaryFolder } from '../support/landfall.ts';
import { testPython } from '../support/python.ts';

const { folder: cwd, remove } = temporaryFolder();
const cli = join(root, 'dist/cli.js');
beforeAll(() => {
  mkdirSync(cwd, { recursive: true });
});
afterAll(remove);

const inShell = (script: string, env: Record<string, string> = {}) =>
  spawnSync('bash', ['--norc', '-c', script, 'bash', process.execPath, cli], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });

describe('an older Node', () => {
  it.each(['16.20.2', '18.20.4', '20.18.1', '21.7.3', '22.11.0'])(
    'such as %s is reported in one line',
    (version) => {
      const versions = `{ ...process.versions, node: '${version}' }`;
      const preload = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', preload, cli, 'plan'], {
        encoding: 'utf8',
      });
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toBe(
        `error  landfall needs Node.js 20.19, 22.12 or newer, and this is ${version} (${process.execPath})\n`,
      );
    },
  );

  it('can parse the entry file, which checks the version before it imports anything else', () => {
    const { body } = parse(readFileSync(cli, 'utf8'), {
      ecmaVersion: 2020,
      allowHashBang: true,
      sourceType: 'module',
    });
    const imports = body.flatMap((node) => (node.type === 'ImportDeclaration' ? [node.source.value] : []));
    expect(imports).toEqual(['fs']);
  });
});

describe('a result on stdout', () => {
  it('that cannot be written is an error, and exit code 12 on a full disk', () => {
    const { status, stderr } = inShell('"$1" "$2" plan --help > /dev/full');
    expect(status).toBe(12);
    expect(stderr).toContain('the result could not be written to stdout\n  ENOSPC');
  });

  it('may be closed early by its reader', () => {
    const { status, stderr } = inShell(
      '{ "$1" "$2" --help; echo $? >&2; } | head -n 1; exit "${PIPESTATUS[1]}"',
    );
    expect([status, stderr]).toEqual([0, '0\n']);
  });

  it.each([['--help'], ['plan', '--help'], ['--version'], ['bogus'], ['bogus', '--output', 'json']])(
    'of %s ends with a newline, as stderr does',
    async (...args) => {
      const { stdout, stderr } = await landfall(args, { cwd });
      expect(`${stdout}${stderr}`).not.toBe('');
      for (const text of [stdout, stderr].filter((one) => one !== '')) expect(text).toMatch(/[^\n]\n$/);
    },
  );
});

describe('a full disk', () => {
  it('has exit code 12', async () => {
    const through = ['prlimit', '--fsize=100'];
    const { code, stderr } = await landfall(['submit', '--cluster', 'local'], { cwd, through });
    expect([code, stderr]).toEqual([12, expect.stringContaining('no space left (disk or quota)')]);
    expect(existsSync(join(cwd, 'sample'))).toBe(false);
  });
});

describe('a signal', () => {
  const serving = ['emr-local', '--idle-exit', '60'];

  it('stays ignored when the parent script ignores it; any other signal ends Landfall', async () => {
    const script = `trap '' INT; "$@"; code=$?; exit $code`;
    const running = start(serving, { cwd, through: ['bash', '-c', script, 'bash'] });
    await running.says('export ');
    const child = Number(
      readFileSync(
        `/proc/${String(running.process.pid)}/task/${String(running.process.pid)}/children`,
        'utf8',
      ),
    );
    process.kill(child, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(existsSync(`/proc/${String(child)}`)).toBe(true);
    process.kill(child, 'SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, stderr: expect.stringMatching(/^$|\n$/) });
  });

  it('of a closing terminal is ignored under nohup', () => {
    const script = `nohup "$1" "$2" emr-local --idle-exit 60 > out 2> err < /dev/null & child=$!
      for n in {1..100}; do grep -q export out && break; sleep 0.1; done
      kill -HUP $child; sleep 0.5; kill -TERM $child; wait $child`;
    expect(inShell(script, { LANDFALL_HOME: join(cwd, 'home') }).status).toBe(143);
  });

  it('is not treated as ignored when an interactive shell, or a waiting program, ignores it only for itself', () => {
    const ignores = '0000000000004007';
    const of = (...words: string[]) => ignoredAtStart({}, { stdout: '', parent: { words, ignores } });
    expect([of('-bash'), of('bash', '-i'), of('/usr/bin/time', 'landfall'), of()]).toEqual([[], [], [], []]);
    expect(of('bash', 'nightly.sh')).toEqual(expect.arrayContaining(['SIGHUP', 'SIGINT', 'SIGTERM']));
  });
});

describe('a terminal', () => {
  it('that closes makes Landfall exit 129', () => {
    const script = `
import os, pty, sys, time
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
heard = b""
while b"export " not in heard:
    heard += os.read(master, 4096)
os.close(master)
status = os.waitpid(pid, 0)[1]
print(os.waitstatus_to_exitcode(status))
`;
    const args = ['-c', script, process.execPath, cli, 'emr-local', '--idle-exit', '60'];
    const { stdout } = spawnSync(testPython(), args, {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LANDFALL_HOME: join(cwd, 'home') },
    });
    expect(stdout).toBe('129\n');
  });
});

describe('a folder mounted noexec', () => {
  const mounted = join(cwd, 'no programs');
  const through = [
    'unshare',
    '-rm',
    'sh',
    '-c',
    'mount -t tmpfs -o noexec,mode=700 tmpfs "$0" && exec "$@"',
    mounted,
  ];

  it('is refused for the private Spark before a lake is created, with the setting to change', async () => {
    mkdirSync(mounted);
    const env = { LANDFALL_HOME: mounted };
    const { code, stderr } = await landfall(['submit', '--cluster', 'local'], { cwd, through, env });
    expect(code).toBe(2);
    expect(stderr).toContain(`error  no program can be run from the folder ${mounted} (mounted noexec?)\n`);
    expect(stderr).toContain('next: set LANDFALL_HOME to a folder on another file system');
    expect(existsSync(join(cwd, 'lake'))).toBe(false);
  });
});

describe('a user without a name or a home', () => {
  it('gets an error that names the setting to set', async () => {
    const through = ['setpriv', '--reuid', '54321', '--regid', '54321', '--clear-groups'];
    const { code, stderr } = await landfall(['emr-local'], {
      cwd: '/',
      through,
      env: { HOME: '', LANDFALL_HOME: '' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('this user has no home folder: HOME is not set');
    expect(stderr).toContain('next: set LANDFALL_HOME to a folder of yours');
  });
});

describe('generated data', () => {
  it('gets file modes from the umask', () => {
    const script = 'umask 027; "$1" --import tsx scripts/generate-data.ts --out "$3" > /dev/null';
    const folder = join(cwd, 'data');
    const { status } = spawnSync('bash', ['-c', script, 'bash', process.execPath, cli, folder], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([mode(folder), mode(join(folder, 'song_data'))]).toEqual(['750', '750']);
  });
});
