/** How this program was started, and what advised commands keep of it. */
import { describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { folderOf, startOf } from '../../src/cli/invocation.ts';
import type { Started } from '../../src/cli/invocation.ts';
import { command, commandAt, spoken } from '../../src/shell-words.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';

const home = '/work space/landfall';
const script = `${home}/dist/cli.js`;
const throughNpm = {
  npm_command: 'run',
  npm_lifecycle_script: 'exec node scripts/landfall.js submit',
  npm_package_json: `${home}/package.json`,
};

const start = (started: Partial<Started>) =>
  startOf({ env: {}, cwd: home, node: '/usr/bin/node', script, home, ...started });

describe('a command begins', () => {
  it('with npm run if npm ran our script', () => {
    expect(start({ env: throughNpm })).toBe('npm run -s landfall --');
    expect(start({ env: { ...throughNpm, INIT_CWD: `${home}/test/commands` } })).toBe(
      'npm run -s landfall --',
    );
  });

  it('with npm --prefix if npm was called from another folder', () => {
    expect(start({ env: { ...throughNpm, INIT_CWD: '/home/me' } })).toBe(
      "npm --prefix '/work space/landfall' run -s landfall --",
    );
  });

  it('with npx if npx or a script of another package ran it', () => {
    expect(start({ env: { npm_command: 'exec' }, script: '/x/_npx/1/node_modules/.bin/landfall' })).toBe(
      'npx landfall',
    );
    const theirs = {
      npm_command: 'run',
      npm_lifecycle_event: 'etl',
      npm_package_json: '/theirs/package.json',
    };
    expect(start({ env: theirs, script: '/theirs/node_modules/.bin/landfall' })).toBe('npx landfall');
  });

  it('with landfall if that is on the PATH, else with its path', () => {
    const env = { PATH: '/bin:/opt/bin' };
    expect(start({ env, script: '/opt/bin/landfall' })).toBe('landfall');
    expect(start({ env, script: '/opt/my tools/landfall' })).toBe("'/opt/my tools/landfall'");
  });

  it('with node and the script’s path, relative to the working directory', () => {
    const env = { PATH: '/usr/bin' };
    expect(start({ env })).toBe('node dist/cli.js');
    expect(start({ env, cwd: '/home/me' })).toBe("node '/work space/landfall/dist/cli.js'");
    expect(start({ env: {}, node: '/opt/node' })).toBe('/opt/node dist/cli.js');
  });

  it('with node if another npm script called it', () => {
    const env = { ...throughNpm, PATH: '/usr/bin', npm_lifecycle_script: 'tsx test/run.ts' };
    expect(start({ env })).toBe('node dist/cli.js');
  });
});

describe('relative paths start', () => {
  const folder = (started: Partial<Started>) =>
    folderOf({ env: {}, cwd: home, node: '/usr/bin/node', script, home, ...started });

  it('where npm --prefix was called', () => {
    expect(folder({ env: { ...throughNpm, INIT_CWD: '/home/me' } })).toBe('/home/me');
    expect(folder({ env: { ...throughNpm, INIT_CWD: '/work space' } })).toBe('/work space');
    expect(folder({ env: { ...throughNpm, INIT_CWD: '/work space/landfall-2' } })).toBe(
      '/work space/landfall-2',
    );
  });

  it("in our package's folder for npm run inside it, as for any package", () => {
    expect(folder({ env: throughNpm })).toBe(home);
    expect(folder({ env: { ...throughNpm, INIT_CWD: home } })).toBe(home);
    expect(folder({ env: { ...throughNpm, INIT_CWD: `${home}/test/commands` } })).toBe(home);
    expect(folder({ env: { ...throughNpm, INIT_CWD: 'odd' } })).toBe(home);
  });

  it("in the working directory without npm, and if another package's script called us", () => {
    const cwd = '/home/me';
    expect(folder({ cwd })).toBe(cwd);
    expect(folder({ cwd, env: { ...throughNpm, INIT_CWD: '/elsewhere' } })).toBe(cwd);
    const theirs = { ...throughNpm, npm_lifecycle_script: 'tsx test/run.ts', INIT_CWD: '/home/me' };
    expect(folder({ env: theirs })).toBe(home);
  });

  it('where npm --prefix was called, and dl.cfg is also looked for in the folder that it names', async () => {
    const started = { ...startedAsLandfall, cwd: home, home, env: { ...throughNpm, INIT_CWD: '/home/me' } };
    expect(await parseArguments(['plan'], started, pipelineNamesLoaded)).toMatchObject({
      cwd: '/home/me',
      prefix: home,
    });
    const within = { ...started, env: throughNpm };
    expect(await parseArguments(['plan'], within, pipelineNamesLoaded)).toMatchObject({
      cwd: home,
      prefix: undefined,
    });
  });
});

describe('a command carries', () => {
  async function told(argv: string[], ...words: string[]) {
    const { invocation } = await parseArguments(argv, startedAsLandfall, pipelineNamesLoaded);
    const [verb = '', ...others] = words;
    return spoken(command(verb, ...others), invocation);
  }
  const places = ['--config', 'c.cfg', '--templates', 't u', '--song-data=s', '--cluster', 'local'];

  it('the configuration file to every verb, and the templates to verbs that read them', async () => {
    expect(await told(['submit', ...places], 'status', 'r1')).toBe('landfall status r1 --config c.cfg');
    expect(await told(['submit', ...places], 'retry', 'r1')).toBe(
      "landfall retry r1 --config c.cfg --templates 't u'",
    );
  });

  it('inputs and cluster to a new run', async () => {
    const line = await told(['submit', ...places, '--keep-alive', '--lake', 'l'], 'submit');
    expect(line.split(' --').slice(1).sort()).toEqual(
      ['config c.cfg', "templates 't u'", 'song-data s', 'cluster local', 'keep-alive', 'lake l'].sort(),
    );
  });

  it('no flags that concern only this call, and no defaults', async () => {
    expect(await told(['submit', '--run-id', 'x', '--output', 'json', '--timeout', '5'], 'submit')).toBe(
      'landfall submit',
    );
    expect(await told(['status', 'r1', '--lake', 'l'], 'runs', '--lake', 'm')).toBe('landfall runs --lake m');
    expect(await told(['retry', 'r1', '--cluster', 'new'], 'retry', 'r1')).toBe('landfall retry r1');
  });

  it('the given flags, even if the command line has a mistake', async () => {
    const parsed = await parseArguments(
      ['status', '--config', 'c', '--lakee', 'x'],
      startedAsLandfall,
      pipelineNamesLoaded,
    );
    expect(spoken(commandAt('s3://l', 'runs'), parsed.invocation)).toBe(
      'landfall runs --lake s3://l --config c',
    );
  });
});
