/** `npm run plan --cluster=local`: npm takes the flag, and its environment variables show it. */
import { cpSync, renameSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { swallowedFlags } from '../../src/cli/swallowed-flags.ts';
import { globalOptions } from '../../src/cli/global-options.ts';
import { verbs } from '../../src/cli/verbs.ts';
import { parseArguments } from '../../src/cli/arguments.ts';
import { spoken } from '../../src/shell-words.ts';
import { pipelineNamesLoaded, startedAsLandfall } from '../support/advice.ts';
import { root, temporaryFolder } from '../support/landfall.ts';

const home = '/srv/landfall';
/** The environment when npm starts one of our scripts. */
const npm = { npm_command: 'run', npm_lifecycle_script: 'exec node scripts/landfall.js' };

async function parsed(env: Record<string, string>, ...argv: string[]) {
  const result = await parseArguments(
    argv,
    { ...startedAsLandfall, home, cwd: home, env: { ...npm, ...env } },
    pipelineNamesLoaded,
  );
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
    [{ npm_config_keep_alive: '' }, ['submit'], 'submit --no-keep-alive'],
    [{ npm_config_detach: 'false' }, ['submit'], 'submit --no-detach'],
    [{ npm_config_keepalive: 'true' }, ['submit'], 'submit --keep-alive'],
    [{ npm_config_songdata: 's3://a' }, ['submit'], 'submit --song-data s3://a'],
    [{ npm_config_run_id: '-7' }, ['plan'], 'plan --run-id=-7'],
    [{ npm_config_bucket_key: 'a=b\n\nc=d' }, ['emr-local'], 'emr-local --bucket-key a=b --bucket-key c=d'],
    [{ npm_config_token_description: 'x' }, ['render'], 'render --to x'],
    [
      { npm_config_cluster: 'local', npm_config_json: 'true', npm_config_tag: 'x' },
      ['plan'],
      'plan --cluster local',
    ],
  ])('is a mistake, with the intended command: %j', async (env, argv, meant) => {
    expect(await parsed(env, ...argv)).toMatchObject({
      fault: 'input',
      message: expect.stringMatching(/^npm took --/),
      next: `npm run -s landfall -- ${meant}`,
    });
  });

  it('is a mistake without a suggestion if several flags could be meant', async () => {
    const env = { npm_config_lake: 'true', npm_config_cluster: 'true' };
    expect((await parsed(env, 'plan', 'x', 'local')).next).toMatch(/^write the flags again, .*plan --help/);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ npm_config_lake: '' }, ['status']],
    [{ npm_config_detach: 'maybe' }, ['submit']],
  ])('is a mistake without a suggestion if its value is invalid: %j %j', async (env, argv) => {
    expect((await parsed(env, ...argv)).next).toMatch(/^write the flags again, /);
  });

  it('is recognised for every verb and flag, except flags that npm has itself', () => {
    const shared = ['yes', 'color', 'verbose'];
    for (const verb of verbs) {
      const options = { ...globalOptions, ...verb.options };
      for (const flag of Object.keys(options)) {
        const env = { ...npm, [`npm_config_${flag.replaceAll('-', '_')}`]: '1' };
        const found = swallowedFlags(
          { ...startedAsLandfall, home, cwd: home, env },
          { verb, argv: [verb.name], options, sources: () => [] },
        );
        const message = shared.includes(flag) ? undefined : `npm took --${flag} for itself`;
        expect([verb.name, flag, found?.message]).toEqual([verb.name, flag, message]);
      }
    }
  });

  it.each<[Record<string, string>, string[]]>([
    [{ npm_config_cluster: 'new' }, ['plan', '--cluster', 'local']],
    [{ npm_config_color: 'false', npm_config_yes: 'true' }, ['gc']],
    [
      { npm_config_json: 'true', npm_config_tag: 'x', npm_config_dry_run: '', npm_config_only: '' },
      ['rollback'],
    ],
    [{ npm_config_cluster: 'x', npm_config_detach: 'true' }, ['runs']],
    [{ npm_config_cluster: 'local', npm_lifecycle_script: 'tsx test/run.ts' }, ['plan']],
    [{ npm_config_cluster: 'local', npm_lifecycle_script: 'exec node etl.js' }, ['plan']],
    [{ npm_config_registry: 'x', npm_config_loglevel: 'silent' }, ['plan']],
  ])(
    'is not reported if it reached Landfall, or belongs to npm or another script: %j %j',
    async (env, argv) => {
      expect(await parsed(env, ...argv)).toEqual({ kind: 'verb' });
    },
  );
});

describe('a source of the user’s own pipeline', () => {
  let cwd: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder: cwd, remove } = temporaryFolder());
    const templates = join(cwd, 'mine');
    cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
    for (const [old, name] of [
      ['song_data', 'track_list'],
      ['log_data', 'tag'],
    ] as const) {
      renameSync(join(templates, `sources/${old}.yaml`), join(templates, `sources/${name}.yaml`));
      for (const path of [
        'pipeline.yaml',
        'sample.yaml',
        `sources/${name}.yaml`,
        ...['songs', 'artists', 'song_keys'].map((table) => `tables/song_transform/${table}.sql.hbs`),
        ...['users', 'time', 'songplays'].map((table) => `tables/log_transform/${table}.sql.hbs`),
      ]) {
        const text = readFileSync(join(templates, path), 'utf8');
        writeFileSync(join(templates, path), text.replaceAll(old, name));
      }
    }
  });
  afterEach(() => remove());

  const taken = { npm_config_track_list: 's3://t', npm_config_tag: 'next' };

  it('is known from the given templates, except one that npm has itself', async () => {
    const { message, next } = await parsed({ ...taken, INIT_CWD: cwd }, 'plan', '--templates', 'mine');
    expect(message).toBe('npm took --track-list for itself');
    expect(next).toMatch(/ plan --templates mine --track-list s3:\/\/t$/);
  });

  it('is known even if npm took --templates too', async () => {
    const { message } = await parsed({ ...taken, npm_config_templates: 'mine', INIT_CWD: cwd }, 'plan');
    expect(message).toBe('npm took --templates, --track-list for itself');
  });

  it('is not a source of the pipeline that comes with Landfall', async () => {
    expect(await parsed({ ...taken, INIT_CWD: cwd }, 'plan')).toEqual({ kind: 'verb' });
  });
});
