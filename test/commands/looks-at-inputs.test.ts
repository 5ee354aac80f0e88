/** `plan` and `submit` look at the first line of each source before anything is started. */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run as plan } from '../../src/commands/plan.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { failureFrom } from '../../src/faults.ts';
import type { LandfallError } from '../../src/faults.ts';
import { commandWorld } from '../support/command-world.ts';
import { root, temporaryFolder } from '../support/landfall.ts';

const SONG = '{"song_id":"S","artist_id":"A","title":"T"}';
const PLAY = '{"ts":1,"userId":"8","sessionId":1,"itemInSession":0,"page":"Home"}';
const CASES = join(root, '../shared/cases');

let cwd: string;
let remove: () => void;
beforeEach(() => {
  ({ folder: cwd, remove } = temporaryFolder());
  save('dl.cfg', '[INPUT]\nsong_data = song_data\nlog_data = log_data\n');
  save('song_data/A/1.json', SONG);
  save('log_data/2018/1.json', PLAY);
});
afterEach(() => remove());

function save(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

async function planned(flags: Record<string, string> = {}) {
  const world = commandWorld(cwd);
  await plan({ cluster: 'local', ...flags }, world);
  return {
    text: world.results[0]?.text ?? '',
    warnings: world.events.flatMap((event) => (event.event === 'warning' ? [event.message] : [])),
  };
}

async function refused(work: Promise<unknown>): Promise<LandfallError> {
  try {
    await work;
  } catch (error) {
    return failureFrom(error);
  }
  throw new Error('nothing was refused');
}

const swapped = { 'song-data': 'log_data', 'log-data': 'song_data' };

describe('plan', () => {
  it('has nothing to say of inputs that are what they should be', async () => {
    expect((await planned()).warnings).toEqual([]);
  });

  it('refuses inputs that are swapped, and names both', async () => {
    const { fault, why } = await refused(planned(swapped));
    expect(fault).toBe('input');
    expect(why).toEqual([
      expect.stringContaining('log_data/2018/1.json: this looks like log_data, not song_data'),
      expect.stringContaining('song_data/A/1.json: this looks like song_data, not log_data'),
    ]);
  });

  it('refuses one that was given for the other, packed or behind an empty object too', async () => {
    rmSync(join(cwd, 'log_data'), { recursive: true });
    save('log_data/0.json', '');
    save('log_data/1.json.gz', gzipSync(`${SONG}\n`.repeat(100_000)));
    const { why } = await refused(planned());
    expect(why).toEqual([expect.stringContaining('log_data/1.json.gz: this looks like song_data')]);
  });

  it('reads a source that is one object', async () => {
    const { why } = await refused(planned({ 'song-data': 'log_data/2018/1.json' }));
    expect(why).toEqual([expect.stringContaining('/log_data/2018/1.json: this looks like log_data')]);
  });

  it.each([
    ['no gzip', Buffer.from('x')],
    ['a gzip that breaks off', gzipSync(PLAY.repeat(1000)).subarray(0, 30)],
    ['a gzip that unpacks to much', gzipSync(Buffer.alloc(50_000_000))],
  ])('leaves %s to the step', async (_, content) => {
    save('log_data/0.json.gz', content);
    expect((await planned()).warnings).toEqual([]);
  });

  it('says that a source is a JSON array: a warning when there is more, a refusal when not', async () => {
    save('log_data/0.json', `[${PLAY}]`);
    const advice = "log_data/0.json: this is a JSON array; Landfall reads one object a line; jq -c '.[]'";
    expect((await planned()).warnings).toEqual([expect.stringContaining(advice)]);
    rmSync(join(cwd, 'log_data/2018'), { recursive: true });
    expect((await refused(planned())).why).toEqual([expect.stringContaining(advice)]);
  });

  it('names a local file that cannot be read', async () => {
    const path = join(cwd, 'song_data/A/1.json');
    chmodSync(path, 0);
    // Root may read it all the same.
    const isRoot = process.geteuid?.() === 0;
    const failure = await planned().then(
      () => undefined,
      (error: unknown) => (error as LandfallError).message,
    );
    expect(failure).toEqual(isRoot ? undefined : expect.stringContaining('song_data/A/1.json'));
  });

  if (existsSync(CASES))
    it('refuses the log that is one array', async () => {
      cpSync(join(CASES, 'json-array'), join(cwd, 'case'), { recursive: true });
      const flags = { 'song-data': 'case/song_data', 'log-data': 'case/log_data' };
      expect((await refused(planned(flags))).why).toEqual([
        expect.stringContaining('case/log_data/events.json: this is a JSON array'),
      ]);
    });

  it('counts what is not input by the ending of its name', async () => {
    for (const name of ['a.csv', 'b.csv', 'c.gz', '_x.json', 'A/.hidden/y.json', 'README'])
      save(`song_data/${name}`, 'x');
    expect((await planned()).text).toContain(
      'song_data; not input: 2 .csv, 2 names starting with _ or ., 1 .gz, 1 names without an ending',
    );
  });

  it('says once that there is nothing to read, and what it looked for', async () => {
    rmSync(join(cwd, 'log_data'), { recursive: true });
    const nowhere = await refused(planned());
    expect(nowhere.why).toEqual([
      expect.stringMatching(
        /log_data: there is nothing here for log_data: .*inputs end in \.json or \.json\.gz/,
      ),
    ]);
    save('log_data/x.csv', 'x');
    expect((await refused(planned())).why).toEqual([
      expect.stringContaining('none of the 1 objects here is input for log_data (1 .csv)'),
    ]);
    save('log_data/x.json', '');
    expect((await refused(planned())).why).toEqual([
      expect.stringContaining(
        'the only input object here is empty, so there is nothing to read for log_data',
      ),
    ]);
  });
});

describe('submit', () => {
  it('refuses swapped inputs before it starts anything', async () => {
    const world = commandWorld(cwd);
    const { fault, message } = await refused(submit({ cluster: 'local', ...swapped }, world));
    expect([fault, message]).toEqual(['input', 'the input is not what it should be; nothing was started']);
    expect(existsSync(join(cwd, 'lake'))).toBe(false);
  });
});
