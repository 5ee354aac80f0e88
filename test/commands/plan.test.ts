/** What `landfall plan` says about the files that a run will write, before any input is read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as plan } from '../../src/commands/plan.ts';
import { advising } from '../support/advice.ts';
import { commandWorld, outcomeOf } from '../support/command-world.ts';
import { temporaryFolder } from '../support/landfall.ts';

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  for (const [folder, names] of [
    ['song_data', ['a.json', 'b.json']],
    ['log_data', ['c.json']],
  ] as const) {
    mkdirSync(join(cwd, folder), { recursive: true });
    for (const name of names) writeFileSync(join(cwd, folder, name), '{}');
  }
});
afterEach(() => remove());

async function planned(cfg = '') {
  writeFileSync(join(cwd, 'dl.cfg'), `[INPUT]\nsong_data = song_data\nlog_data = log_data\n${cfg}`);
  const world = commandWorld(cwd);
  await plan({ cluster: 'local' }, world);
  const warnings = world.events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
  const { text, value } = world.results[0]!;
  const { layouts } = value as { layouts: unknown };
  return { lines: text.split('\n').filter((line) => line.includes(' by year')), warnings, layouts };
}

const BY_MONTH =
  'by year, month: one file a combination of values until it passes target_file_size; never more files than rows';

describe('plan', () => {
  it('shows how each partitioned table is split into files, and the largest number of files', async () => {
    const { lines, warnings, layouts } = await planned();
    expect(lines).toEqual([
      '    songs by year: one file a value until it passes target_file_size; at most one a line of song_data, whose 2 objects have not been read yet',
      `    time ${BY_MONTH}`,
      `    songplays ${BY_MONTH}`,
    ]);
    expect(warnings).toEqual([]);
    expect(layouts).toMatchObject([
      { table: 'songs', partitionBy: ['year'], targetFileSize: 2 ** 28, atMostLinesOf: 'song_data' },
      { table: 'time', partitionBy: ['year', 'month'] },
      { table: 'songplays', partitionBy: ['year', 'month'] },
    ]);
  });

  it('warns about a layout that makes many tiny files, and names the setting', async () => {
    const cfg = '[TABLES]\nsongs_partition_by = year, artist_id\ntarget_file_size = 1 MB\n';
    const { lines, warnings, layouts } = await planned(cfg);
    expect(lines[0]).toBe(
      '    songs by year, artist_id: one file a combination of values until it passes target_file_size; at most one a line of song_data, whose 2 objects have not been read yet',
    );
    expect(warnings).toContain(
      '[TABLES] songs_partition_by: songs gets a folder, and a file of its own in it, for each artist_id, which is the key of artists: many tiny files, slow to write, to publish and to read; leave artist_id out unless readers need it',
    );
    expect(layouts).toMatchObject([
      { table: 'songs', identifies: { column: 'artist_id', table: 'artists' } },
      { table: 'time' },
      { table: 'songplays' },
    ]);
  });

  it.each(['new', 'reuse', 'j-1ABCDEFGHIJKL'])(
    'refuses folders of this machine with --cluster %s, and names each and the command to run here',
    async (cluster) => {
      writeFileSync(join(cwd, 'dl.cfg'), '[INPUT]\nsong_data = song_data\nlog_data = other\n');
      const { failure } = await outcomeOf(
        plan,
        { cluster, lake: join(cwd, 'lake'), 'log-data': join(cwd, 'log_data') },
        commandWorld(cwd),
      );
      expect(failure).toMatchObject({
        fault: 'input',
        message: `--cluster ${cluster} cannot reach folders of this machine`,
        why: [
          `the lake: ${join(cwd, 'lake')}`,
          `the logs: ${join(cwd, 'lake/_landfall/logs/')}`,
          `song_data: ${join(cwd, 'song_data')}`,
          `log_data: ${join(cwd, 'log_data')}`,
        ],
        stand: ['nothing was started'],
        next: advising(/run here: landfall submit --cluster local --song-data .* --lake /),
      });
    },
  );

  it.each([
    ['http://127.0.0.1:4566', undefined],
    ['http://localhost:4566', undefined],
    ['http://[::1]:4566', undefined],
    ['https://elasticmapreduce.us-west-2.amazonaws.com', 'input'],
    ['http://127.0.0.1.example.com', 'input'],
  ])('allows folders only with an endpoint on loopback: %s', async (endpoint, fault) => {
    writeFileSync(join(cwd, 'dl.cfg'), '[INPUT]\nsong_data = song_data\nlog_data = log_data\n');
    const world = { ...commandWorld(cwd), env: { AWS_ENDPOINT_URL_EMR: endpoint, AWS_REGION: 'us-west-2' } };
    const { failure } = await outcomeOf(plan, { cluster: 'new' }, world);
    expect(failure?.fault).toBe(fault);
  });
});
