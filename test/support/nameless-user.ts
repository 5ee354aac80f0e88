/** A user without a name, a home, or a folder for temporary files, as `docker run --user 12345` makes one. Needs root. */
import { spawnSync } from 'node:child_process';
import { existsSync, lchownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { landfallHome } from '../../src/local/landfall-home.ts';
import { readReady } from '../../src/local/ready.ts';

/** A different one for each process, so that its files can be identified. */
const NAMELESS = 100_000 + process.pid;

export interface NamelessUser {
  /** A program and arguments that run the following words as that user, with the umask 027. */
  through: readonly string[];
  env: Record<string, string>;
}

/**
 * Makes such a user of `folder`, whose files become its own. The private Spark of the tests is mounted into a home of
 * Landfall below it, for the folder it lies in may be closed to others.
 */
export function namelessUser(folder: string): NamelessUser {
  const ready = readReady(join(landfallHome(process.env), 'spark-3.5.6'), '3.5.6', []);
  if (ready === undefined) throw new Error('no private Spark: run npm test once');
  const home = join(folder, 'landfall home, of nobody');
  const base = join(home, 'spark-3.5.6');
  const own = join(base, 'env-0');
  const [spark, java] = [join(own, 'spark'), join(own, 'java')];
  for (const path of [spark, java]) mkdirSync(path, { recursive: true });
  const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path));
  if (python === undefined) throw new Error('no Python that every user may run');
  writeFileSync(
    join(base, 'ready.json'),
    JSON.stringify({ ...ready, folder: own, sparkHome: spark, python, javaHome: java }),
  );
  give(folder);
  const script =
    'for n in 1 2; do mount --bind "$1" "$2" && mount -o remount,ro,bind "$2" || exit; shift 2; done; ' +
    `umask 027; exec setpriv --reuid ${String(NAMELESS)} --regid ${String(NAMELESS)} --clear-groups "$@"`;
  const mounts = [ready.sparkHome, spark, ready.javaHome, java];
  return {
    through: ['unshare', '-m', 'sh', '-c', script, 'sh', ...mounts],
    env: { LANDFALL_HOME: home, HOME: '', TMPDIR: join(folder, 'missing') },
  };
}

function give(folder: string): void {
  for (const path of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
    lchownSync(join(folder, path), NAMELESS, NAMELESS);
}

/** Files of that user in the folders for temporary files of all users, but not below `folder`. */
export function strayFiles(folder: string): string[] {
  const args = ['/tmp', '/var/tmp', '/dev/shm', '-uid', String(NAMELESS), '-not', '-path', `${folder}*`];
  const { error, stdout, stderr } = spawnSync('find', args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw error;
  // find fails if files of other programs vanish while it runs, but has listed the rest.
  const troubles = stderr
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('No such file or directory'));
  if (troubles.length > 0) throw new Error(troubles.join('\n'));
  return stdout
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => relative('/', path));
}
