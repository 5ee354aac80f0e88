/** Failures and interruptions, as a person meets them. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeSample } from '../../src/local/write-sample.ts';
import { landfall, root, start, startThroughNpm, temporaryFolder } from '../support/landfall.ts';
import { commandLines } from '../support/processes.ts';

const { folder: cwd, remove } = temporaryFolder();
const sample = join(cwd, 'in');
const inputs = ['--song-data', join(sample, 'song_data'), '--log-data', join(sample, 'log_data')];

beforeAll(() => {
  mkdirSync(cwd, { recursive: true });
  writeSample(sample);
});
afterAll(remove);

describe('a step that fails', () => {
  it('exits 4 with Spark’s own error and the line of the template, and publishes nothing', async () => {
    const templates = join(cwd, 'my templates');
    cpSync(join(root, 'spark-templates'), templates, { recursive: true });
    const path = join(templates, 'song_transform/artists.sql.hbs');
    const [, contract = '', query = ''] = readFileSync(path, 'utf8').split('---\n');
    const text = ['', contract, query.replace('artist_location', 'artist_lokation')].join('---\n');
    writeFileSync(path, text);
    const line = text.split('\n').findIndex((one) => one.includes('artist_lokation')) + 1;
    const lake = join(cwd, 'failed-lake');
    const { code, stderr } = await landfall(
      ['submit', '--cluster', 'local', '--lake', lake, '--templates', templates, ...inputs],
      {
        cwd,
      },
    );
    expect(code).toBe(4);
    expect(stderr).toContain('UNRESOLVED_COLUMN');
    expect(stderr).toContain('artist_lokation');
    expect(stderr).toContain(`spark-templates/song_transform/artists.sql.hbs:${String(line)}`);
    expect(stderr).toMatch(/next: .*landfall (submit|retry)/);
    expect(stderr).not.toContain('at org.apache');
    expect(readdirSync(lake)).toEqual(['_landfall']);
    expect(commandLines(lake)).toEqual([]);
  }, 200_000);
});

describe('an interruption', () => {
  const lakeOf = (name: string) => join(cwd, name);

  it('by Ctrl-C in a terminal cancels the step, ends the cluster and leaves nothing running', async () => {
    const lake = lakeOf('interrupted');
    const running = startThroughNpm(
      'submit',
      ['--cluster', 'local', '--run-id', 'interrupted', '--lake', lake, ...inputs],
      {},
    );
    await running.says(/song_transform {2}s-\w+ {2}RUNNING/);
    process.kill(-(running.process.pid ?? 0), 'SIGINT');
    const { stderr } = await running.ended;
    expect(stderr).toContain('cancelling run interrupted');
    expect(stderr).toMatch(/step song_transform .*ended/);
    expect(commandLines(lake)).toEqual([]);
    expect(commandLines('emr-local/interrupted')).toEqual([]);
    const { code } = await landfall(['attach', 'interrupted', '--lake', lake], { cwd });
    expect(code).toBe(7);
  }, 100_000);

  it('by SIGTERM to npm does the same', async () => {
    const lake = lakeOf('terminated');
    const running = startThroughNpm(
      'submit',
      ['--cluster', 'local', '--run-id', 'terminated', '--lake', lake, ...inputs],
      {},
    );
    await running.says(/song_transform {2}s-\w+ {2}RUNNING/);
    running.process.kill('SIGTERM');
    const { stderr } = await running.ended;
    expect(stderr).toContain('cancelling run terminated');
    expect(commandLines(lake)).toEqual([]);
  }, 100_000);

  it('exits 143 by SIGTERM and 130 by SIGINT when nothing stands between', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const lake = lakeOf(signal);
      const running = start(['submit', '--cluster', 'local', '--run-id', signal, '--lake', lake, ...inputs], {
        cwd,
      });
      await running.says(/song_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
      running.process.kill(signal);
      expect((await running.ended).code).toBe(code);
      expect(commandLines(lake)).toEqual([]);
    }
  }, 100_000);
});

describe('--timeout', () => {
  it('exits 6 and lets the work go on, which attach then follows', async () => {
    const lake = join(cwd, 'timed-out');
    const args = ['--run-id', 'timed-out', '--lake', lake, ...inputs];
    const { code, stderr } = await landfall(['submit', '--cluster', 'local', '--timeout', '4', ...args], {
      cwd,
    });
    expect(code).toBe(6);
    expect(stderr).toContain('next: landfall attach timed-out');
    expect(commandLines('emr-local/timed-out')).not.toEqual([]);
    const attaching = start(['attach', 'timed-out', '--lake', lake], { cwd });
    await attaching.says(/song_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
    attaching.process.kill('SIGINT');
    expect((await attaching.ended).code).toBe(130);
    expect(commandLines('emr-local/timed-out')).toEqual([]);
  }, 100_000);
});
