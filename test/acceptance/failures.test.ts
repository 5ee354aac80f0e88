/** Failures and interruptions, as a user sees them. */
import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { SourceBooks } from '../../src/pipeline/report.ts';
import type { Quarantine } from '../../src/run/rejections.ts';
import { landfall, root, start, startThroughNpm } from '../support/landfall.ts';
import type { Ended, Running } from '../support/landfall.ts';
import { equalTables, judge } from '../support/oracle.ts';
import { commandLines } from '../support/processes.ts';
import { samplePlace } from '../support/sample-place.ts';

const { cwd, sample, inputs } = samplePlace();

describe('at 3 a.m.', () => {
  const templates = join(cwd, 'my templates');
  const users = join(templates, 'tables/log_transform/users.sql.hbs');
  const lake = join(cwd, 'failed-lake');
  let following: Promise<{ shownAt: number; ended: Ended }>;

  /** The result of `logs`, and when it shows the first line of Spark. */
  async function followed(logs: Running): Promise<{ shownAt: number; ended: Ended }> {
    await logs.says('Running Spark version');
    return { shownAt: Date.now(), ended: await logs.ended };
  }

  it('a broken query exits 4 with Spark’s error and the template’s line, and publishes nothing', async () => {
    cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
    const [, contract = '', query = ''] = readFileSync(users, 'utf8').split('---\n');
    const text = ['', contract, query.replace('firstName', 'fristName')].join('---\n');
    writeFileSync(users, text);
    const line = text.split('\n').findIndex((one) => one.includes('fristName')) + 1;
    const args = ['--run-id', 'night', '--lake', lake, '--templates', templates, ...inputs];
    const submitting = start(['submit', '--cluster', 'local', ...args], { cwd });
    await submitting.says(/song_transform {2}s-\w+ {2}RUNNING/);
    following = followed(start(['logs', 'song_transform', '-f', '--lake', lake], { cwd }));
    const { code, stderr } = await submitting.ended;
    expect(stderr).toContain('UNRESOLVED_COLUMN');
    expect(stderr).toContain('fristName');
    expect(stderr).toContain(`${templates}/tables/log_transform/users.sql.hbs:${String(line)}`);
    expect(stderr).toContain('cli.js retry night');
    expect(stderr).not.toContain('at org.apache');
    expect(code).toBe(4);
    expect(readdirSync(lake).sort()).toEqual(['_landfall', 'delta']);
    expect(commandLines(lake)).toEqual([]);
  }, 200_000);

  it('logs -f shows lines while the step runs, reading only the lake, and ends with the step', async () => {
    const { shownAt, ended } = await following;
    const whole = await landfall(['logs', 'song_transform', '--output', 'json', '--lake', lake], { cwd });
    const { ended: stepEnded } = JSON.parse(whole.stdout) as { ended: string };
    expect(shownAt).toBeLessThan(Date.parse(stepEnded));
    expect(ended.stderr).toContain('step song_transform ended COMPLETED');
    expect(ended.stdout.match(/Running Spark version/g)).toHaveLength(1);
    expect(ended.stdout).toContain('song_transform is complete');
    expect(ended.code).toBe(0);
  }, 100_000);

  it('logs shows the failed step’s logs, and refuses a step that does not exist', async () => {
    const { code, stdout, stderr } = await landfall(['logs', '--lake', lake], { cwd });
    expect(stderr).toMatch(/run night {2}step log_transform \(attempt 1\) {2}s-\w+ {2}FAILED/);
    expect(stdout).toContain('Running Spark version');
    expect(stdout).toMatch(
      /^landfall: log_transform: .*users\.sql\.hbs:\d+: \[UNRESOLVED_COLUMN.*fristName/m,
    );
    expect(stdout).not.toContain('\\x');
    expect(code).toBe(0);
    const mistaken = await landfall(['logs', 'log_transfrom', '--lake', lake], { cwd });
    expect(mistaken.stderr).toContain('cli.js logs log_transform --run night');
    expect(mistaken.code).toBe(2);
  });

  it('retry with a fixed template runs only that step again; too many bad lines then exit 5 and publish nothing', async () => {
    cpSync(join(root, 'spark-templates/sparkify/tables/log_transform/users.sql.hbs'), users);
    const { code, stderr } = await landfall(['retry', 'night', '--lake', lake, '--templates', templates], {
      cwd,
      env: { LANDFALL_CHECKS_MAX_QUARANTINED: '0.1%' },
    });
    expect(stderr).toContain('step song_transform  keeps its tables');
    expect(stderr).toContain('step log_transform  runs again: it failed');
    expect(stderr).toMatch(/step log_transform \(attempt 2\) .*COMPLETED/);
    expect(stderr).toMatch(
      /log_data: 0\.\d+ % of its lines are bad; at most 0\.1 % may be \(max_quarantined\)/,
    );
    expect(stderr).toContain('cli.js quarantine night --lake ');
    expect(code).toBe(5);
    expect(readdirSync(lake).sort()).toEqual(['_landfall', 'delta']);
  }, 200_000);

  it('quarantine shows the bad lines of the failed run, reading only the lake', async () => {
    const { books } = judge(join(sample, 'song_data'), join(sample, 'log_data'), lake);
    const elsewhere = { cwd: join(cwd, '..') };
    const asked = ['quarantine', 'night', '--lake', lake];
    const { code, stdout } = await landfall([...asked, '--output', 'json'], elsewhere);
    expect(code).toBe(0);
    const { verdict, sources } = JSON.parse(stdout) as Quarantine;
    expect(verdict).toBe('failed');
    expect(sources.map(({ source }) => source)).toEqual(['song_data', 'log_data']);
    for (const { source, by, quarantined } of sources) {
      expect(quarantined).toBe(books[source]?.lines.quarantined);
      expect(by.map(({ samples, ...counts }) => counts)).toEqual(rejectionsIn(books[source]));
      for (const { lines, samples } of by) expect(samples).toHaveLength(Math.min(3, lines));
      for (const { file, raw } of by.flatMap(({ samples }) => samples))
        expect(readFileSync(file.slice('file://'.length), 'utf8').split('\n')).toContain(raw);
    }
    const text = await landfall([...asked, '--source', 'log_data', '--limit', '1'], elsewhere);
    expect(text.stdout).toMatch(/^run night {2}failed\nlog_data: \d+ of [\d,]+ lines quarantined/);
    const wrong = await landfall([...asked, '--source', 'log-dta'], elsewhere);
    expect(wrong.stderr).toContain('--source log_data');
    expect(wrong.code).toBe(2);
  });

  it('retry with the default limit runs no step again, and the tables land', async () => {
    // The plan keeps the limit from the environment of the last retry; a limit given now takes precedence.
    const { code, stderr } = await landfall(['retry', 'night', '--lake', lake, '--templates', templates], {
      cwd,
      env: { LANDFALL_CHECKS_MAX_QUARANTINED: '1%' },
    });
    expect(stderr).toContain('step log_transform  keeps its tables');
    expect(code).toBe(0);
    expect(judge(join(sample, 'song_data'), join(sample, 'log_data'), lake).differences).toEqual(equalTables);
    const logs = (...more: string[]) => landfall(['logs', 'log_transform', ...more, '--lake', lake], { cwd });
    expect((await logs('--attempt', '1', '--stream', 'stderr')).stdout).toContain('fristName');
    const newest = await logs('--output', 'json');
    expect(JSON.parse(newest.stdout)).toMatchObject({ attempt: 2, state: 'COMPLETED' });
    expect(newest.stdout).not.toContain('fristName');
  }, 200_000);

  it('submit of the same run id then has nothing to do, and refuses different settings', async () => {
    const args = ['submit', '--cluster', 'local', '--run-id', 'night', '--lake', lake, ...inputs];
    expect((await landfall([...args, '--templates', templates], { cwd })).code).toBe(0);
    const changed = await landfall(args, { cwd, env: { LANDFALL_CHECKS_MAX_QUARANTINED: '2%' } });
    expect(changed.stderr).toContain('max_quarantined: 0.01 before, 0.02 now');
    expect(changed.code).toBe(2);
  });

  it('retry names the input that has changed', async () => {
    const [day = ''] = readdirSync(join(sample, 'log_data'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.json'),
    );
    appendFileSync(join(sample, 'log_data', day), '\n');
    const { code, stderr } = await landfall(['retry', 'night', '--lake', lake], { cwd });
    expect(stderr).toContain(`${day} changed`);
    expect(code).toBe(2);
  });
});

describe('a run whose driver stops following it', () => {
  const lake = join(cwd, 'timed-out');
  const processes = () => commandLines('emr-local/timed-out');

  it('continues after --timeout, which exits 6, and after logs -f is interrupted', async () => {
    const args = ['--run-id', 'timed-out', '--lake', lake, ...inputs];
    const { code, stderr } = await landfall(['submit', '--cluster', 'local', '--timeout', '4', ...args], {
      cwd,
    });
    expect(code).toBe(6);
    expect(stderr).toContain('cli.js attach timed-out');
    expect(stderr).toMatch(
      /log_transform under way \(s-\w+\); nothing was published\n {2}.*cluster.*terminates itself/,
    );
    expect(processes()).not.toEqual([]);
    const following = start(['logs', '-f', '--lake', lake], { cwd });
    await following.says('following');
    following.process.kill('SIGINT');
    expect((await following.ended).code).toBe(130);
    const status = await landfall(['status', '--lake', lake, '--output', 'json'], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({ verdict: 'running' });
    expect(processes()).not.toEqual([]);
  }, 100_000);

  it('is cancelled by Ctrl-C in the terminal of attach: its step and cluster end, and no process remains', async () => {
    const attaching = startThroughNpm('attach', ['timed-out', '--lake', lake], {});
    await attaching.says(/_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
    process.kill(-(attaching.process.pid ?? 0), 'SIGINT');
    const { stderr } = await attaching.ended;
    expect(stderr).toContain('cancelling run timed-out');
    expect(stderr).toMatch(/step .*log_transform \(s-\w+\): ended/);
    expect(stderr).toMatch(/log_transform cancelled; nothing was published\n/);
    expect(stderr).toMatch(
      / {2}cluster j-\w+ has ended, or is ending\n {2}next: npm run -s landfall -- retry timed-out --lake /,
    );
    expect(commandLines(lake)).toEqual([]);
    expect(processes()).toEqual([]);
    const { code } = await landfall(['attach', 'timed-out', '--lake', lake], { cwd });
    expect(code).toBe(7);
    const logs = await landfall(['logs', '--stream', 'controller', '--lake', lake], { cwd });
    expect(logs.stdout).toContain('startExec');
    expect(logs.code).toBe(0);
  }, 100_000);
});

/** A source's rejected lines by its books, as the verb shows them. */
function rejectionsIn(books: SourceBooks | undefined) {
  return [
    ...(books?.unparsableBy ?? []).map((one) => ({ view: null, field: null, ...one })),
    ...Object.entries(books?.views ?? {}).flatMap(([view, { quarantinedBy }]) =>
      quarantinedBy.map((one) => ({ view, ...one })),
    ),
  ];
}
