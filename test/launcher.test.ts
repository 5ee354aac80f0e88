/** The program that npm's scripts start: it needs dist/ and says how to get it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const { scripts, bin, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  files: string[];
};

let copy: string;
beforeEach(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), 'landfall ')));
  mkdirSync(join(copy, 'node_modules'));
  for (const path of ['package.json', 'scripts/landfall.js'])
    cpSync(join(root, path), join(copy, path), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

const inCopy = (program: string, ...args: string[]) =>
  spawnSync(program, args, { cwd: copy, encoding: 'utf8' });

/** A dist/cli.js with this text. */
function build(text: string): void {
  mkdirSync(join(copy, 'dist'));
  writeFileSync(join(copy, 'dist/cli.js'), text);
}

describe('the launcher', () => {
  it('says in one line what to run if nothing is built yet, and exits 2', () => {
    const told = inCopy('npm', 'run', '-s', 'submit', '--', '--cluster', 'local');
    expect(told).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `error  Landfall is not built yet; run \`npm run build\` in ${copy}/\n`,
    });
  });

  it('says npm ci if nothing is installed either', () => {
    rmSync(join(copy, 'node_modules'), { recursive: true });
    const { status, stderr } = inCopy(process.execPath, 'scripts/landfall.js', 'plan');
    expect(status).toBe(2);
    expect(stderr).toBe(`error  Landfall is not built yet; run \`npm ci\` in ${copy}/\n`);
  });

  it('starts the built program, with its arguments, in the same process', () => {
    build('console.log(JSON.stringify(process.argv.slice(2))); process.kill(process.pid, "SIGKILL");');
    const { signal, stdout } = inCopy(process.execPath, 'scripts/landfall.js', 'plan', '--lake', 'a b');
    expect(JSON.parse(stdout)).toEqual(['plan', '--lake', 'a b']);
    expect(signal).toBe('SIGKILL');
  });

  it('is what every npm script of a verb runs, and what the package installs', () => {
    const verbs = Object.entries(scripts).filter(([, line]) => line.includes('landfall.js'));
    expect(verbs.map(([name]) => name)).toEqual(
      expect.arrayContaining(['landfall', 'submit', 'plan', 'status', 'attach', 'retry']),
    );
    for (const [name, line] of verbs)
      expect(line).toBe(`exec node scripts/landfall.js${name === 'landfall' ? '' : ` ${name}`}`);
    expect(bin).toEqual({ landfall: 'scripts/landfall.js' });
    expect(files).toEqual(expect.arrayContaining(['scripts/landfall.js', 'dist', 'spark-templates']));
  });
});
