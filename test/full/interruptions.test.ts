/** More ways to interrupt a run, or to stop following it, than `npm test` tries. */
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { landfall, start, startThroughNpm } from '../support/landfall.ts';
import { commandLines } from '../support/processes.ts';
import { samplePlace } from '../support/sample-place.ts';

const { cwd, inputs } = samplePlace();

describe('an interruption', () => {
  const lakeOf = (name: string) => join(cwd, name);

  it('by SIGTERM to npm has the same effect', async () => {
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

  it('that arrives twice, from the terminal and from npm, counts once: exit 143 after SIGTERM, 130 after SIGINT', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const lake = lakeOf(signal);
      const running = start(
        ['submit', '--cluster', 'local', '--run-id', signal, '--lake', lake, '--output', 'json', ...inputs],
        {
          cwd,
        },
      );
      await running.says(/song_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
      running.process.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running.process.kill(signal);
      const ended = await running.ended;
      expect(ended.code).toBe(code);
      expect(JSON.parse(ended.stdout)).toMatchObject({
        ...{ event: 'interrupted', run: signal, signal, exitCode: code },
        stand: expect.arrayContaining([expect.stringContaining('nothing was published')]),
        next: expect.stringMatching(`^node \\S+cli\\.js (retry|attach) ${signal} --lake `),
      });
      expect(commandLines(lake)).toEqual([]);
    }
  }, 100_000);
});

describe('--timeout', () => {
  it('exits 6 with --cancel-on-timeout too, after cancelling the run and reporting what ended', async () => {
    const lake = join(cwd, 'cut-short');
    const watch = ['--timeout', '4', '--cancel-on-timeout'];
    const args = [
      'submit',
      '--cluster',
      'local',
      '--run-id',
      'cut-short',
      '--lake',
      lake,
      ...watch,
      ...inputs,
    ];
    const { code, stderr } = await landfall(args, { cwd });
    expect(stderr).toContain('run cut-short is not finished after 4 s: it is cancelled');
    expect(stderr).toMatch(/cluster j-\w+: ended/);
    expect(stderr).toContain('cli.js retry cut-short');
    expect(code).toBe(6);
    expect(commandLines('emr-local/cut-short')).toEqual([]);
    expect((await landfall(['attach', 'cut-short', '--lake', lake], { cwd })).code).toBe(7);
  }, 100_000);

  it('with --cancel-on-timeout makes a follower ask the driver to cancel; --detach does not follow at all', async () => {
    const lake = join(cwd, 'watched');
    const args = ['submit', '--cluster', 'local', '--run-id', 'watched', '--lake', lake, ...inputs];
    const driver = start(args, { cwd });
    await driver.says(/song_transform {2}s-\w+ {2}(PENDING|RUNNING)/);
    const detached = await landfall([...args, '--detach'], { cwd });
    expect(detached.stderr).toContain('run watched is driven by');
    expect(detached.code).toBe(8);
    const watcher = ['attach', 'watched', '--lake', lake, '--timeout', '1', '--cancel-on-timeout'];
    const { code, stderr } = await landfall(watcher, { cwd });
    expect(stderr).toContain('cancellation requested, not yet confirmed by its driver');
    expect(code).toBe(6);
    expect((await driver.ended).code).toBe(7);
    expect(commandLines('emr-local/watched')).toEqual([]);
  }, 100_000);
});
