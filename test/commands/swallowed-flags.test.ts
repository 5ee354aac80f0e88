/** `npm run plan --cluster=local`: npm takes the flag, and its variables tell. */
import { describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/commands/arguments.ts';
import { spoken } from '../../src/shell-words.ts';
import { startedPlainly } from '../support/advice.ts';

const home = '/srv/landfall';

async function parsed(env: Record<string, string>, ...argv: string[]) {
  const npm = {
    npm_command: 'run',
    npm_lifecycle_script: 'exec node scripts/landfall.js',
    npm_package_json: `${home}/package.json`,
  };
  const result = await parseArguments(argv, { ...startedPlainly, home, cwd: home, env: { ...npm, ...env } });
  if (result.kind !== 'mistake') return { kind: result.kind };
  const { fault, message, next } = result.error;
  return { fault, message, next: next === undefined ? '' : spoken(next, result.invocation) };
}

describe('a flag that npm took', () => {
  it.each<[Record<string, string>, string[], string]>([
    [{ npm_config_cluster: 'local' }, ['plan'], 'plan --cluster local'],
    [{ npm_config_cluster: 'true' }, ['plan', 'local'], 'plan --cluster local'],
    [{ npm_config_song_data: 's3://a b' }, ['submit'], "submit --song-data 's3://a b'"],
    [{ npm_config_detach: 'true' }, ['submit', '--cluster', 'new'], 'submit --cluster new --detach'],
    [{ npm_config_lake: 's3://l' }, ['status', 'r1'], 'status r1 --lake s3://l'],
    [{ npm_config_lake: 'true' }, ['status', 'r1', 's3://l'], 'status r1 --lake s3://l'],
    [{ npm_config_config: 'my.cfg' }, ['runs'], 'runs --config my.cfg'],
    [{ npm_config_dry_run: 'true' }, ['rollback'], 'rollback --dry-run'],
  ])('is a mistake, with the command that was meant: %j', async (env, argv, meant) => {
    expect(await parsed(env, ...argv)).toMatchObject({
      fault: 'input',
      message: expect.stringMatching(/^npm took --/),
      next: `npm run -s landfall -- ${meant}`,
    });
  });

  it('is a mistake without a guess where several could be meant', async () => {
    const env = { npm_config_lake: 'true', npm_config_cluster: 'true' };
    expect((await parsed(env, 'plan', 'x', 'local')).next).toMatch(/^write the flags again, .*plan --help/);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ npm_config_cluster: 'new' }, ['plan', '--cluster', 'local']],
    [{ npm_config_color: 'false', npm_config_yes: 'true', npm_config_cluster: '' }, ['gc']],
    [{ npm_config_cluster: 'local', npm_lifecycle_script: 'tsx test/run.ts' }, ['plan']],
    [{ npm_config_cluster: 'local', npm_lifecycle_script: 'exec node etl.js' }, ['plan']],
    [{ npm_config_registry: 'x', npm_config_loglevel: 'silent' }, ['plan']],
  ])('is none where it was given, is npm’s own, or another script’s: %j %j', async (env, argv) => {
    expect(await parsed(env, ...argv)).toEqual({ kind: 'verb' });
  });
});
