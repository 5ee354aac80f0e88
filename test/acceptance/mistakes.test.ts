/** Mistakes: each a clear message with the place and the next move; nothing started, nothing lost. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { landfall, root } from '../support/landfall.ts';
import { samplePlace } from '../support/sample-place.ts';

const { cwd, sample, songs, logs } = samplePlace();
const lake = join(cwd, 'lake');

/** Runs submit, which must exit 2, say each of these and leave no lake. */
async function refused(
  args: readonly string[],
  says: readonly (string | RegExp)[],
  env: Record<string, string> = {},
) {
  const { code, stderr, stdout } = await landfall(['submit', '--cluster', 'local', '--lake', lake, ...args], {
    cwd,
    env,
  });
  for (const text of says)
    expect(stderr).toEqual(
      typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
    );
  expect(stderr).toMatch(/error {2}/);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(existsSync(lake)).toBe(false);
}

describe('submit refuses', () => {
  it('a missing input folder', () =>
    refused(['--song-data', join(cwd, 'nowhere'), ...logs], ['nowhere', 'song_data', '--song-data']));

  it('an input folder with no matching files', async () => {
    mkdirSync(join(cwd, 'empty'), { recursive: true });
    writeFileSync(join(cwd, 'empty/notes.txt'), 'x');
    await refused(['--song-data', join(cwd, 'empty'), ...logs], ['none of the 1 objects', '.json']);
  });

  it('one input without the other', () => refused(songs, ['log_data']));

  it('a configuration file that is a folder', () => refused(['--config', sample], ['it is a folder']));

  it('an invalid cluster', async () => {
    const { code, stderr } = await landfall(['submit', '--cluster', 'locl', ...songs, ...logs], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('"locl" is not a cluster');
    expect(stderr).toContain('local, new, reuse');
  });

  it('a flag given twice', () => refused(['--lake', lake], ['--lake is given twice']));

  it('--cancel-on-timeout without --timeout', () =>
    refused(['--cancel-on-timeout', ...songs, ...logs], ['--cancel-on-timeout needs --timeout']));

  it('a run id that cannot be a folder name', () =>
    refused(['--run-id', '../x', ...songs, ...logs], ['../x', '--run-id']));

  it('an input file that this user may not read, at any depth', async () => {
    const paths = readdirSync(join(sample, 'song_data'), { recursive: true, encoding: 'utf8' });
    const path = join(
      sample,
      'song_data',
      paths
        .filter((one) => one.endsWith('.json'))
        .sort()
        .at(-1) ?? '',
    );
    chmodSync(path, 0);
    // Root may read every file, unless that capability is dropped.
    const through =
      process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
    const { code, stderr } = await landfall(
      ['submit', '--cluster', 'local', '--lake', lake, ...songs, ...logs],
      { cwd, through },
    );
    chmodSync(path, 0o644);
    expect(stderr).toMatch(/error {2}this user may not read 1 of \d+ input files/);
    expect(stderr).toContain(path);
    expect([code, existsSync(lake)]).toEqual([9, false]);
  });

  it('a lake inside its input', async () => {
    const inside = join(sample, 'song_data/lake');
    const { code, stderr } = await landfall(
      ['submit', '--cluster', 'local', '--lake', inside, ...songs, ...logs],
      { cwd },
    );
    expect(code).toBe(2);
    expect(stderr).toContain('song_data');
    expect(existsSync(inside)).toBe(false);
  });

  it('a template with an unknown variable, with file, line and the nearest name', async () => {
    const templates = join(cwd, 'my templates');
    cpSync(join(root, 'spark-templates/sparkify'), templates, { recursive: true });
    const path = join(templates, 'tables/log_transform/users.sql.hbs');
    const text = `${readFileSync(path, 'utf8').trimEnd()}\n-- {{songplay_idd}}\n`;
    writeFileSync(path, text);
    const line = String(text.trimEnd().split('\n').length);
    await refused(
      ['--templates', templates, ...songs, ...logs],
      [`tables/log_transform/users.sql.hbs:${line}`, 'songplay_idd', 'songplay_id'],
    );
  });

  it('to start without any python3', () =>
    refused([...songs, ...logs], ['Python 3.9'], {
      PATH: '/nowhere',
      LANDFALL_HOME: join(cwd, 'fresh home'),
    }));
});

describe('emr-local refuses', () => {
  it('a port in use, naming it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await landfall(
      ['emr-local', '--port', String(port), '--state', join(cwd, 'state')],
      { cwd },
    );
    server.close();
    expect(code).toBe(2);
    expect(stderr).toContain(String(port));
  });
});
