/** `plan` and `submit` check the first line of each source before anything is started. */
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { refuseUnreadable } from '../../src/session/readable.ts';
import { run as plan } from '../../src/commands/plan.ts';
import { run as submit } from '../../src/commands/submit.ts';
import { failureFrom } from '../../src/faults.ts';
import type { LandfallError } from '../../src/faults.ts';
import { answer, refuse, scriptedS3 } from '../store/scripted-s3.ts';
import type { ScriptedS3 } from '../store/scripted-s3.ts';
import { advising } from '../support/advice.ts';
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

/** With another last byte. */
function withWrongChecksum(content: Buffer): Buffer {
  return Buffer.concat([content.subarray(0, -5), Buffer.from([content.at(-5)! ^ 1]), content.subarray(-4)]);
}

const swapped = { 'song-data': 'log_data', 'log-data': 'song_data' };

describe('plan', () => {
  it('refuses inputs with so many lines that two rows would share an id, and says what to set', async () => {
    save('log_data/2018/1.json', `${PLAY}\n`.repeat(1000));
    truncateSync(join(cwd, 'log_data/2018/1.json'), PLAY.length * 3e8);
    expect((await refused(planned())).why).toEqual([
      expect.stringMatching(
        /^songplays\.songplay_id: a hash of 60 bits is too short: log_data has about 300,000,000 lines, .* 3\.7 %; set \[TABLES\] songplay_id = text$/,
      ),
    ]);
    save('dl.cfg', '[INPUT]\nsong_data = song_data\nlog_data = log_data\n[TABLES]\nsongplay_id = text\n');
    expect((await planned()).warnings).toEqual([]);
  });

  it('says nothing about valid inputs', async () => {
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

  it('refuses one given as the other, even if compressed or after an empty object', async () => {
    rmSync(join(cwd, 'log_data'), { recursive: true });
    save('log_data/0.json', '');
    save('log_data/1.json.gz', gzipSync(`${SONG}\n`.repeat(100_000)));
    const { why } = await refused(planned());
    expect(why).toEqual([expect.stringContaining('log_data/1.json.gz: this looks like song_data')]);
  });

  it('reads a source that is a single object', async () => {
    const { why } = await refused(planned({ 'song-data': 'log_data/2018/1.json' }));
    expect(why).toEqual([expect.stringContaining('/log_data/2018/1.json: this looks like log_data')]);
  });

  it.each([
    ['no gzip', Buffer.from('x'), 'its name ends in .gz, but it is not gzip; compress it'],
    [
      'a gzip that breaks off',
      gzipSync(PLAY.repeat(1000)).subarray(0, 30),
      'its gzip is damaged or truncated',
    ],
    ['a gzip whose checksum is wrong', withWrongChecksum(gzipSync(PLAY)), 'its gzip is damaged or truncated'],
  ])('refuses %s, because the step would fail', async (_, content, says) => {
    save('log_data/0.json.gz', content);
    const { fault, why } = await refused(planned());
    expect([fault, why]).toEqual(['input', [expect.stringContaining(`log_data/0.json.gz: ${says}`)]]);
  });

  it.each([
    ['a gzip that unpacks to much', gzipSync(Buffer.alloc(50_000_000))],
    ['a gzip of which only the beginning is read', gzipSync(randomBytes(200_000).toString('hex'))],
  ])('leaves %s to the step', async (_, content) => {
    save('log_data/0.json.gz', content);
    expect((await planned()).warnings).toEqual([]);
  });

  it('reports gzip under a name that does not end in .gz', async () => {
    save('log_data/0.json', gzipSync(PLAY));
    const advice = 'log_data/0.json: it is gzip, but its name does not end in .gz; rename it';
    expect((await planned()).warnings).toEqual([expect.stringContaining(advice)]);
    rmSync(join(cwd, 'log_data/2018'), { recursive: true });
    expect((await refused(planned())).why).toEqual([expect.stringContaining(advice)]);
  });

  it('reports a JSON array: a warning if there are other objects, a refusal if not', async () => {
    save('log_data/0.json', `[${PLAY}]`);
    const advice = "log_data/0.json: this is a JSON array; Landfall reads one object per line; jq -c '.[]'";
    expect((await planned()).warnings).toEqual([expect.stringContaining(advice)]);
    rmSync(join(cwd, 'log_data/2018'), { recursive: true });
    expect((await refused(planned())).why).toEqual([expect.stringContaining(advice)]);
  });

  if (existsSync(CASES))
    it('refuses a log that is a single array', async () => {
      cpSync(join(CASES, 'json-array'), join(cwd, 'case'), { recursive: true });
      const flags = { 'song-data': 'case/song_data', 'log-data': 'case/log_data' };
      expect((await refused(planned(flags))).why).toEqual([
        expect.stringContaining('case/log_data/events.json: this is a JSON array'),
      ]);
    });

  it('counts objects that are not input, by file extension', async () => {
    for (const name of ['a.csv', 'b.csv', 'c.gz', '_x.json', 'A/.hidden/y.json', 'README'])
      save(`song_data/${name}`, 'x');
    expect((await planned()).text).toContain(
      'song_data; not input: 2 .csv, 2 names starting with _ or ., 1 .gz, 1 names without an extension',
    );
  });

  it('says once that there is no input, and what it looked for', async () => {
    rmSync(join(cwd, 'log_data'), { recursive: true });
    const nowhere = await refused(planned());
    expect(nowhere.why).toEqual([
      expect.stringMatching(/log_data: no input for log_data here: .*inputs end in \.json or \.json\.gz/),
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

describe('local files', () => {
  it('that this user may not read are counted and named', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `${String(n)}.json`);
    const listed = names.map((key) => ({ key, size: 1, etag: 'e', modified: 0 }));
    const input = {
      source: 'song_data',
      uri: 'file:///in',
      objects: listed,
      bytes: 30,
      skipped: 0,
      skippedBy: {},
    };
    const error = await refused(
      refuseUnreadable([input], (path) => Promise.resolve(!/\/1\d\.json|\/2[01]/.test(path))),
    );
    expect(error).toMatchObject({
      fault: 'access',
      message: 'this user may not read 12 of 30 input files',
      why: [...names.slice(10, 20).map((name) => `/in/${name}`), 'and 2 more'],
      stand: ['nothing was started'],
    });
  });

  it('that have vanished, or are in S3, are not checked for permission', async () => {
    const objects = [{ key: 'x.json', size: 1, etag: 'e', modified: 0 }];
    const input = { source: 's', objects, bytes: 1, skipped: 0, skippedBy: {} };
    const places = ['s3://raw', 'file:///nowhere'].map((uri) => ({ ...input, uri }));
    await expect(refuseUnreadable(places)).resolves.toBeUndefined();
  });
});

describe('objects in S3', () => {
  const page = (root: string) =>
    answer(
      200,
      `<ListBucketResult><Contents><Key>${root}/a.json</Key><Size>9</Size></Contents></ListBucketResult>`,
    );
  const kms = 'User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x:1:key/k because';
  let s3: ScriptedS3;
  afterEach(() => s3.stop());

  it.each([
    [
      refuse(403, 'AccessDenied'),
      'access',
      'access denied',
      'allow s3:GetObject on s3://raw/song_data/a.json',
    ],
    [
      refuse(403, 'AccessDenied', kms),
      'access',
      'the use of its KMS key is denied',
      'allow kms:Decrypt on arn:aws:kms:x:1:key/k',
    ],
    [
      refuse(403, 'InvalidObjectState'),
      'input',
      'the object is archived',
      'restore it (aws s3api restore-object), or leave it out',
    ],
  ])(
    'that cannot be read are refused before a cluster is launched (%#)',
    async (get, fault, message, next) => {
      s3 = await scriptedS3((seen, response) =>
        (seen.url.includes('list-type=2')
          ? page(/prefix=(\w+)/.exec(seen.url)?.[1] ?? '')
          : seen.url.includes('song_data')
            ? get
            : answer(200, PLAY.slice(0, 9)))(seen, response),
      );
      save(
        'dl.cfg',
        `[S3]\nendpoint = ${s3.endpoint}\n[EMR]\nregion = us-east-1\n[AWS]\nAWS_ACCESS_KEY_ID = AKIAX\nAWS_SECRET_ACCESS_KEY = secret\n`,
      );
      const world = commandWorld(cwd);
      const flags = {
        cluster: 'new',
        lake: 's3://my-lake',
        'song-data': 's3://raw/song_data',
        'log-data': 's3://raw/log_data',
      };
      const error = await refused(submit(flags, world));
      expect(error).toMatchObject({
        fault,
        message: `${message} (s3:GetObject on s3://raw/song_data/a.json)`,
        stand: [expect.stringContaining('nothing was started')],
        next: advising(next),
      });
      expect(s3.seen.filter(({ method }) => method === 'PUT')).toEqual([]);
    },
  );
});

describe('submit', () => {
  it('refuses swapped inputs before it starts anything', async () => {
    const world = commandWorld(cwd);
    const { fault, message } = await refused(submit({ cluster: 'local', ...swapped }, world));
    expect([fault, message]).toEqual(['input', 'invalid input; nothing was started']);
    expect(existsSync(join(cwd, 'lake'))).toBe(false);
  });
});
