import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { ClusterLogs } from '../../src/emr/cluster-logs.ts';
import { createExplain, plainLogUri } from '../../src/emr/explain.ts';
import { unpackTail } from '../../src/emr/log-files.ts';
import { LandfallError } from '../../src/faults.ts';
import type { Clock, Step } from '../../src/run/ports.ts';
import { memoryStore } from '../support/memory-store.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/emr-logs/${name}.txt`, import.meta.url), 'utf8');
const START = Date.UTC(2026, 10, 21, 6, 40);
const at = (seconds: number) => new Date(START + seconds * 1000);
const failed: Step = { id: 's-1', name: 'landfall/r/log_transform#1', state: 'FAILED', ended: at(0) };
const LOGS = 's3://lake/_landfall/logs';

/** Logs that appear at a time, in seconds after the step's end. */
function world(uploads: { key: string; text: string; at?: number }[], cluster: Partial<ClusterLogs> = {}) {
  const clock = virtualClock(START);
  const store = memoryStore(LOGS, () => clock.now());
  const arriving: Clock = {
    ...clock,
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      arrive();
    },
  };
  const arrive = () => {
    for (const { key, text, at: when = 0 } of uploads) {
      if (clock.elapsed() >= when * 1000) store.place(key, gzipSync(text), at(when));
    }
  };
  arrive();
  const opened: string[] = [];
  const waits: string[] = [];
  const explain = createExplain({
    openStore: (uri) => {
      opened.push(uri);
      return Promise.resolve(store);
    },
    clock: arriving,
    waiting: (message) => waits.push(message),
    describe: () => Promise.resolve({ logUri: 's3n://lake/_landfall/logs/', instances: [], ...cluster }),
    waitSeconds: 600,
    pollSeconds: 15,
  });
  return { explain, clock, opened, waits };
}
const stepLog = (name: string, text: string, when = 0) => ({
  key: `j-1/steps/s-1/${name}.gz`,
  text,
  at: when,
});

describe('explaining a failed step', () => {
  it('reads the logs where EMR says they are, and returns the cause and the place of the logs', async () => {
    const { explain, opened } = world([
      stepLog('stdout', fixture('missing-column.stdout')),
      stepLog('stderr', fixture('quiet.stderr')),
    ]);
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      expect.stringContaining('[UNRESOLVED_COLUMN.WITH_SUGGESTION]'),
      `logs: ${LOGS}/j-1/steps/s-1`,
    ]);
    expect(opened).toEqual([LOGS]);
  });

  it('waits for logs that arrive minutes late, but no longer', async () => {
    const { explain, clock } = world([stepLog('stdout', fixture('python-traceback.stdout'), 240)]);
    expect((await explain({ clusterId: 'j-1', step: failed }))[0]).toMatch(/^ValueError/);
    expect(clock.elapsed()).toBe(240_000);
  });

  it('says that logs are not uploaded yet when it has waited long enough', async () => {
    const { explain, clock } = world([]);
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      `the step's logs are not uploaded yet (waited 600 s): ${LOGS}/j-1/steps/s-1`,
    ]);
    expect(clock.elapsed()).toBe(600_000);
  });

  it('does not consider a log from before the step’s end complete', async () => {
    const running = fixture('quiet.stderr');
    const { explain, clock } = world([
      stepLog('stderr', running, -100),
      stepLog('stderr', `${running}${fixture('out-of-memory.stderr')}`, 200),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed }))[0]).toBe('OutOfMemoryError: Java heap space');
    expect(clock.elapsed()).toBeGreaterThanOrEqual(200_000);
  });

  it('does not stop at an error in a log from before the end, because Spark may have recovered', async () => {
    const stdout = fixture('python-traceback.stdout');
    const { explain, clock } = world([
      stepLog('stdout', stdout, -100),
      stepLog('stderr', 'ExecutorLostFailure (executor 1 exited)\n', -100),
      stepLog('stderr', `ExecutorLostFailure (executor 1 exited)\n${fixture('quiet.stderr')}`, 200),
      stepLog('stdout', `${stdout}${fixture('missing-column.stdout')}`, 200),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed }))[0]).toContain('[UNRESOLVED_COLUMN');
    expect(clock.elapsed()).toBe(210_000);
  });

  it('stops waiting when it finds the last line of the step’s own program', async () => {
    const own = 'LANDFALL-FAILURE {"step":"s","table":"t","error":"ValueError: no","kind":"query"}\n';
    const { explain, clock } = world([stepLog('stdout', own, -1)]);
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      'ValueError: no',
      `logs: ${LOGS}/j-1/steps/s-1`,
    ]);
    expect(clock.elapsed()).toBe(0);
  });

  it('waits for stdout, which names the table being written, even if stderr has the cause', async () => {
    const begun = (table: string) => `landfall: ${table}: begun, by tables/s/${table}.sql.hbs\n`;
    const { explain, clock } = world([
      stepLog('stdout', begun('songs'), -100),
      stepLog('stderr', fixture('out-of-memory.stderr'), 15),
      stepLog('stdout', `${begun('songs')}landfall: songs: 3 rows\n${begun('artists')}`, 30),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed, pipeline: 'my/pipeline' })).slice(0, 2)).toEqual([
      'OutOfMemoryError: Java heap space',
      'while writing table artists, by my/pipeline/tables/s/artists.sql.hbs',
    ]);
    expect(clock.elapsed()).toBe(30_000);
  });

  it('puts EMR’s failure details first if they say anything', async () => {
    const logs = [stepLog('stderr', fixture('out-of-memory.stderr'))];
    const step = {
      ...failed,
      failure: { reason: 'Unknown Error.', message: 'Exception in thread "main" java.lang.X: y\n\tat z' },
    };
    expect((await world(logs).explain({ clusterId: 'j-1', step }))[0]).toBe(
      'Exception in thread "main" java.lang.X: y',
    );
    const unknown = { ...failed, failure: { reason: 'Unknown Error.' } };
    expect((await world(logs).explain({ clusterId: 'j-1', step: unknown }))[0]).toBe(
      'OutOfMemoryError: Java heap space',
    );
    const named = { reason: 'Out of memory.', message: 'java.lang.OutOfMemoryError: Java heap space' };
    expect(
      (await world(logs).explain({ clusterId: 'j-1', step: { ...failed, failure: named } })).slice(0, 2),
    ).toEqual(['Out of memory.', 'OutOfMemoryError: Java heap space']);
  });

  it('falls back to the controller’s exit code, and does not wait for logs that were never written', async () => {
    const { explain, clock } = world([
      stepLog('stderr', ''),
      stepLog('controller', fixture('driver-killed.controller')),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed }))[0]).toBe(
      'its program ended with exit code 137: it was killed (SIGKILL), most often for lack of memory',
    );
    expect(clock.elapsed()).toBe(30_000);
  });

  it('says what a killed program was doing', async () => {
    const begun = 'landfall: artists: begun, by tables/song_transform/artists.sql.hbs\n';
    const { explain } = world([
      stepLog('stdout', `landfall: songs: begun, by x\nlandfall: songs: 10 rows\n${begun}`),
      stepLog('stderr', fixture('quiet.stderr')),
      stepLog('controller', fixture('driver-killed.controller')),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed, pipeline: 'my/pipeline' })).slice(0, 2)).toEqual([
      expect.stringContaining('exit code 137'),
      'while writing table artists, by my/pipeline/tables/song_transform/artists.sql.hbs',
    ]);
  });

  it('says so if the logs have no cause', async () => {
    const { explain } = world([
      stepLog('stdout', ''),
      stepLog('stderr', fixture('quiet.stderr')),
      stepLog('controller', ''),
    ]);
    expect((await explain({ clusterId: 'j-1', step: failed }))[0]).toBe('its logs show no cause');
  });

  it('says that only the end of the logs is missing if their beginning was uploaded', async () => {
    const { explain, waits } = world([stepLog('stderr', fixture('quiet.stderr'), -100)]);
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      `the step's last logs are not uploaded yet (waited 600 s): ${LOGS}/j-1/steps/s-1`,
    ]);
    expect(waits).toEqual(["waiting for the step's logs, up to 600 s"]);
  });

  it('reads the application’s first container if the driver ran in the cluster', async () => {
    const folder = 'j-1/containers/application_1732170000000_0007';
    const { explain } = world([
      stepLog('stderr', fixture('cluster-mode.stderr')),
      { key: `${folder}/container_1732170000000_0007_01_000002/stderr.gz`, text: 'an executor' },
      {
        key: `${folder}/container_1732170000000_0007_01_000001/stdout.gz`,
        text: fixture('missing-input.stdout'),
      },
    ]);
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      expect.stringContaining('[PATH_NOT_FOUND]'),
      'application application_1732170000000_0007',
      `logs: ${LOGS}/${folder}/container_1732170000000_0007_01_000001`,
    ]);
  });

  it.each([{ logUri: 'None' }, { logUri: '' }])(
    'says that a cluster with LogUri %j writes no logs',
    async (cluster) => {
      const lines = await world([], cluster).explain({ clusterId: 'j-1', step: failed });
      expect(lines).toEqual(['logging is disabled on cluster j-1 (no LogUri)']);
    },
  );

  it('says why logs could not be read, without failing itself', async () => {
    const explain = createExplain({
      openStore: () =>
        Promise.reject(new LandfallError('access', 'not allowed: s3:GetObject on s3://lake/x')),
      clock: virtualClock(START),
      describe: () => Promise.reject(new LandfallError('access', 'expired')),
      logUri: LOGS,
      waiting: () => undefined,
      waitSeconds: 0,
      pollSeconds: 1,
    });
    expect(await explain({ clusterId: 'j-1', step: failed })).toEqual([
      `the logs in ${LOGS} could not be read: not allowed: s3:GetObject on s3://lake/x`,
    ]);
  });
});

describe('explaining a cluster that ended', () => {
  it('returns the last lines of the bootstrap action on the node that EMR names', async () => {
    const { explain } = world(
      [
        { key: 'j-1/node/i-0aaa/bootstrap-actions/1/stderr.gz', text: 'all is well here\n', at: 30 },
        {
          key: 'j-1/node/i-0bbb/bootstrap-actions/1/stderr.gz',
          text: '+ pip install x\nERROR: No matching distribution\n',
          at: 30,
        },
        { key: 'j-1/node/i-0bbb/daemons/stderr.gz', text: 'noise', at: 0 },
      ],
      { reasonCode: 'BOOTSTRAP_FAILURE', instances: ['i-0bbb'] },
    );
    expect(await explain({ clusterId: 'j-1' })).toEqual([
      '+ pip install x',
      'ERROR: No matching distribution',
      `logs: ${LOGS}/j-1/node/i-0bbb/bootstrap-actions/1/stderr.gz`,
    ]);
  });

  it('has nothing to add, and does not wait, if no node ran anything', async () => {
    const { explain, clock } = world([], { reasonCode: 'VALIDATION_ERROR' });
    expect(await explain({ clusterId: 'j-1' })).toEqual([]);
    expect(clock.elapsed()).toBe(0);
  });
});

describe('a log file', () => {
  it('is decompressed to its last bytes', async () => {
    const packed = gzipSync(`${'x'.repeat(5_000_000)}the end`);
    expect((await unpackTail(packed, 10)).toString()).toBe('xxxthe end');
  });

  it('that was cut short yields the part before the cut', async () => {
    const packed = gzipSync(Array.from({ length: 500 }, (_, n) => `line ${String(n * 7919)}`).join('\n'));
    const text = (await unpackTail(packed.subarray(0, packed.length / 2))).toString();
    expect(text).toMatch(/^line 0\nline 7919\n/);
    expect(text.length).toBeGreaterThan(1_000);
  });

  it('that is not compressed is taken as it is', async () => {
    expect((await unpackTail(Buffer.from('plain'))).toString()).toBe('plain');
    expect((await unpackTail(Buffer.alloc(0))).toString()).toBe('');
  });

  it.each([
    ['s3n://b/logs/', 's3://b/logs'],
    ['s3a://b/logs', 's3://b/logs'],
    ['file:///a b/logs', 'file:///a b/logs'],
    ['None', undefined],
    [' ', undefined],
    [undefined, undefined],
  ])('is below the LogUri %j', (told, expected) => {
    expect(plainLogUri(told)).toBe(expected);
  });
});
