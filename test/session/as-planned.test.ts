/** A retry, an attach and a second submit use what the run was planned with, whatever is in the current folder. */
import { chownSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asPlanned } from '../../src/session/as-planned.ts';
import { rememberOwnPlan } from '../../src/session/plan-trust.ts';
import { prepare } from '../../src/session/prepare.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as submit } from '../../src/commands/submit.ts';
import type { LandfallError } from '../../src/faults.ts';
import { createJournal } from '../../src/run/journal.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { said } from '../support/advice.ts';
import { commandWorld } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';
import { writeTinyInputs } from '../support/tiny-inputs.ts';

let base: string;
let remove: () => void;
let templates: string;
let plan: RunPlan;
/** Where the run was planned, and where it is retried. */
const at = (folder: string) => ({
  ...commandWorld(join(base, folder)),
  env: { LANDFALL_HOME: join(base, 'home') },
});

beforeEach(async () => {
  ({ folder: base, remove } = temporaryFolder());
  for (const folder of ['here', 'elsewhere']) mkdirSync(join(base, folder), { recursive: true });
  writeTinyInputs(base);
  templates = join(base, 'here/their templates');
  cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
  addColumn();
  writeFileSync(join(base, 'here/their.cfg'), '[TABLES]\ntarget_file_size = 77 MB\n');
  const flags = {
    'run-id': 'r1',
    lake: join(base, 'lake'),
    'song-data': join(base, 'song_data'),
    'log-data': join(base, 'log_data'),
    cluster: 'local',
    templates: 'their templates',
    config: 'their.cfg',
  };
  const { env } = at('here');
  const world = { ...at('here'), env: { ...env, LANDFALL_CHECKS_MAX_QUARANTINED: '7%' } };
  const prepared = await prepare('submit', flags, world);
  ({ plan } = prepared);
  rememberOwnPlan(world, prepared.store, plan);
  const { clock, random } = world;
  const journal = await createJournal(
    { objects: prepared.store, clock, random, driver: 'd' },
    { entry: 'planned', plan },
  );
  await journal.append({ entry: 'finished', verdict: 'failed', fault: 'step', message: 'it failed' });
});
afterEach(() => remove());

const artistsFile = () => join(templates, 'tables/song_transform/artists.sql.hbs');

/** A column that the shipped templates do not have. */
function addColumn(): void {
  const text = readFileSync(artistsFile(), 'utf8');
  const renamed = text
    .replaceAll(/\blocation\b/g, 'whereabouts')
    .replaceAll('artist_whereabouts', 'artist_location');
  writeFileSync(artistsFile(), renamed);
}

async function failureOf(work: Promise<unknown>): Promise<LandfallError> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as LandfallError,
  );
}

describe('a run that was planned with --templates', () => {
  it('records where templates, configuration and variables came from, but no secrets', () => {
    expect(plan.origin).toEqual({
      folder: 'their templates',
      templates,
      config: join(base, 'here/their.cfg'),
      variables: { LANDFALL_CHECKS_MAX_QUARANTINED: '7%' },
    });
  });

  it.each([
    ['a retry', retry, { run: 'r1' }],
    ['a second submit', submit, { 'run-id': 'r1', cluster: 'local' }],
  ] as const)('%s of it reads them, from anywhere', async (_, verb, flags) => {
    writeFileSync(artistsFile(), 'no front matter');
    const error = await failureOf(verb({ ...flags, lake: join(base, 'lake') }, at('elsewhere')));
    expect(error).toMatchObject({ fault: 'input' });
    expect(error.why.join('\n')).toContain('artists.sql.hbs');
  });

  it('refuses a retry with templates of another shape', async () => {
    const world = at('elsewhere');
    const flags = { run: 'r1', lake: join(base, 'lake'), templates: join(root, 'spark-templates/sparkify') };
    const error = await failureOf(retry(flags, world));
    expect(error).toMatchObject({
      fault: 'input',
      message: 'the templates would make different tables from those that run r1 was planned to make',
      why: ['artists.whereabouts is gone', 'artists.location is new'],
      stand: ['nothing was started'],
    });
    expect(said(error.next)).toMatch(
      /^landfall submit --cluster local --song-data .* --lake .* as a new run$/,
    );
    expect(JSON.stringify(world.events)).toContain('their templates, which run r1 was planned with');
  });

  it('refuses a retry without those templates, and names them', async () => {
    rmSync(templates, { recursive: true });
    const error = await failureOf(retry({ run: 'r1', lake: join(base, 'lake') }, at('elsewhere')));
    expect(error).toMatchObject({ fault: 'input', why: ['that folder does not exist here'] });
    expect(said(error.next)).toContain('--templates');
  });

  it('continues with its own configuration and variables, unless others are given now', () => {
    const world = { ...at('elsewhere'), env: { LANDFALL_EMR_RELEASE: undefined } };
    const planned = asPlanned({ lake: 'x' }, world, plan, { strict: false, trusted: true });
    expect(planned.flags).toEqual({ lake: 'x', templates, config: join(base, 'here/their.cfg') });
    expect(planned.cli.env).toEqual({ LANDFALL_CHECKS_MAX_QUARANTINED: '7%' });
    const now = { ...world, env: { LANDFALL_CHECKS_MAX_QUARANTINED: '9%' } };
    expect(asPlanned({}, now, plan, { strict: false, trusted: true }).cli.env).toEqual(now.env);
  });

  it('takes only those variables from a plan that affect the tables', () => {
    const variables = {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      LANDFALL_EMR_ENDPOINT: 'http://127.0.0.1:1',
      NODE_OPTIONS: '--require x',
      LANDFALL_EMR_RELEASE: 'emr-7.1.0',
    };
    const planted = { ...plan, origin: { folder: 'p', variables } };
    const { env } = asPlanned({}, at('elsewhere'), planted, { strict: false, trusted: true }).cli;
    expect(env).toEqual({ ...at('elsewhere').env, LANDFALL_EMR_RELEASE: 'emr-7.1.0' });
  });

  it('reads no file that the plan of another machine names, and says how to use it', () => {
    const world = at('elsewhere');
    expect(asPlanned({}, world, plan, { strict: false, trusted: false }).flags).toEqual({});
    const told = JSON.stringify(world.events);
    for (const place of [templates, join(base, 'here/their.cfg')]) expect(told).toContain(place);
    expect(told).toContain('because this machine did not plan the run');
    const { flags } = asPlanned({ templates }, world, plan, { strict: true, trusted: false });
    expect(flags).toEqual({ templates });
    expect(() => asPlanned({}, world, plan, { strict: true, trusted: false })).toThrow(templates);
  });

  it('reads planned files of this user or root, but not of another user', () => {
    const config = join(base, 'here/their.cfg');
    // Only the superuser can give a file to another user; other users read files of the system.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) chownSync(config, 12_345, 12_345);
    const system = { ...plan, origin: { folder: 'p', variables: {}, config: '/etc/passwd' } };
    expect(asPlanned({}, at('elsewhere'), system, { strict: false, trusted: true }).flags).toEqual({
      config: '/etc/passwd',
    });
    const world = at('elsewhere');
    const { flags } = asPlanned({}, world, plan, { strict: false, trusted: true });
    expect(flags).toEqual(isRoot ? { templates } : { templates, config });
    expect(JSON.stringify(world.events).includes('belongs to another user')).toBe(isRoot);
  });
});
