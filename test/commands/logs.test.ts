import '../support/one-realm.ts';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../src/commands/logs.ts';
import { Interruption } from '../../src/cli/context.ts';
import type { Output } from '../../src/report/printer.ts';
import type { Entry } from '../../src/run/entries.ts';
import { keys } from '../../src/lake/layout.ts';
import { createJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import { claimRun } from '../../src/run/ownership.ts';
import type { ClusterChoice } from '../../src/run/plan.ts';
import { commandAt } from '../../src/shell-words.ts';
import { openFolder } from '../../src/store/local-folder.ts';
import { advising, said } from '../support/advice.ts';
import { commandWorld } from '../support/command-world.ts';
import { plan } from '../support/fake-run.ts';
import { refuse, scriptedS3 } from '../store/scripted-s3.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "a lake's [logs] "));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const CONTAINER = 'container_1732170000000_0007_01_00000';
const song = { step: 'song_transform', attempt: 1 };
const log = (attempt: number) => ({ step: 'log_transform', attempt });

/** A lake with a run in it, and everything that `landfall logs` prints about it. */
async function world({
  output = 'text',
  logUri,
  cluster = { kind: 'new' },
}: {
  output?: Output;
  logUri?: string;
  cluster?: ClusterChoice;
} = {}) {
  const interrupting = new AbortController();
  const its = { ...commandWorld(base), interrupted: interrupting.signal };
  its.printer = { ...its.printer, output };
  const { clock, random } = its;
  const place = { lake: join(base, 'lake') };
  const uri = `file://${place.lake}`;
  const writer = { objects: openFolder(place.lake), clock, random, driver: 'driver-1' };
  const journal = await createJournal(writer, {
    entry: 'planned',
    plan: { ...plan, cluster, lake: uri, logUri: logUri ?? `${uri}/_landfall/logs/` },
  });
  const append = async (...entries: Entry[]) => {
    for (const entry of entries) await journal.append(entry);
  };
  await append(
    { entry: 'cluster-intent', n: 1, token: 'c' },
    { entry: 'cluster', n: 1, id: 'j-1', how: 'launched' },
  );
  return {
    clock,
    append,
    interrupting,
    world: its,
    place,
    state: () => readState(writer.objects, 'r1'),
    hold: () =>
      claimRun(writer.objects, clock, { driver: 'driver-1', host: 'h2', boot: 'b', pid: 1 }, journal),
    logs: (flags: Record<string, unknown> = {}) => run({ lake: place.lake, ...flags }, its),
    out: () => its.written.join(''),
    err: () => its.said.join('\n'),
    /** A command about this lake, as messages show it. */
    told: (verb: string, ...words: string[]) => said(commandAt(uri, verb, ...words)) ?? '',
    /** Writes an object among the logs. */
    upload: (key: string, text: string) => {
      const path = join(place.lake, '_landfall/logs', key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.tmp`, gzipSync(text));
      renameSync(`${path}.tmp`, path);
    },
    submitted: (of: { step: string; attempt: number }, id: string) =>
      append(
        { entry: 'step-intent', ...of, token: id, clusterId: 'j-1' },
        { entry: 'step-submitted', ...of, id, how: 'accepted' },
      ),
    failed: (of: { step: string; attempt: number }) =>
      append({ entry: 'step-ended', ...of, state: 'FAILED', ended: clock.now().toISOString() }),
  };
}

/** A run whose second step failed and left its logs. */
async function failedRun(options: Parameters<typeof world>[0] = {}) {
  const made = await world(options);
  await made.submitted(song, 's-1');
  await made.append({
    entry: 'step-accepted',
    ...song,
    execution: keys.execution(keys.attempt('r1', 'song_transform', 1), 'local-1-ff'),
    ended: made.clock.now().toISOString(),
  });
  await made.submitted(log(1), 's-2');
  await made.failed(log(1));
  await delay(20);
  made.upload('j-1/steps/s-1/stdout.gz', 'the songs\n');
  made.upload('j-1/steps/s-2/stderr.gz', 'INFO Spark\n\tat x\n');
  made.upload('j-1/steps/s-2/stdout.gz', 'Traceback\nValueError: \u001b[2Jno\n');
  return made;
}

async function until(enough: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!enough()) {
    if (Date.now() > deadline) throw new Error('it never came');
    await delay(10);
  }
}

describe('landfall logs', () => {
  it('prints stderr, then stdout, of the failed step; everything else goes to stderr', async () => {
    const { logs, out, err } = await failedRun();
    await logs();
    expect(out()).toBe('INFO Spark\n\tat x\nTraceback\nValueError: \\x1b[2Jno\n');
    expect(err()).toBe('run r1  step log_transform (attempt 1)  s-2  FAILED\n== stderr\n== stdout');
  });

  it('prints the step, the attempt and the log that are named', async () => {
    const { append, logs, out, submitted, failed, upload } = await failedRun();
    await append({ entry: 'infrastructure-retry', clusterId: 'j-1', rerun: ['log_transform'], why: 'x' });
    await submitted(log(2), 's-3');
    await failed(log(2));
    await delay(20);
    upload('j-1/steps/s-3/controller.gz', 'exit code 1\n');
    await logs({ step: 'song_transform', stream: 'stdout' });
    await logs({ stream: 'controller', run: 'r1' });
    await logs({ attempt: 1, stream: 'stdout' });
    expect(out()).toBe('the songs\nexit code 1\nTraceback\nValueError: \\x1b[2Jno\n');
  });

  it('says that logs are not uploaded yet, which is not a failure', async () => {
    const { logs, out, err, submitted, told } = await world();
    await submitted(song, 's-1');
    await logs();
    expect(out()).toBe('');
    expect(err()).toContain('stderr and stdout: not uploaded yet; EMR copies them every five minutes');
    expect(err()).toContain(`next: ${told('logs', 'song_transform', '--run', 'r1', '--follow')}`);
  });

  it('mentions the local endpoint if the run used it', async () => {
    const { logs, err, submitted } = await world({ cluster: { kind: 'local' } });
    await submitted(song, 's-1');
    await logs();
    expect(err()).toContain('not uploaded yet; the local endpoint copies them every 2 s');
  });

  it('finds the logs of a moved lake', async () => {
    const { logs, out, place } = await failedRun();
    renameSync(place.lake, join(base, 'elsewhere'));
    place.lake = join(base, 'elsewhere');
    await logs({ stream: 'stdout' });
    expect(out()).toContain('Traceback');
  });

  it.each([
    [{ step: 'log_transfrom' }, /no step "log_transfrom"/],
    [{ attempt: 9 }, /no attempt 9/],
    [{ attempt: 1.5 }, /--attempt/],
    [{ attempt: Number.NaN }, /--attempt/],
    [{ run: 'nope' }, /no run nope/],
    [{ timeout: 5 }, /--timeout goes with --follow/],
    [{ containers: true, follow: true }, /--follow/],
    [{ containers: true, stream: 'syslog' }, /no syslog/],
    [{ containers: true }, /name no YARN application/],
  ])('refuses %j, exit 2, and prints nothing', async (flags, message) => {
    const { logs, out } = await failedRun();
    await expect(logs(flags)).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringMatching(message),
    });
    expect(out()).toBe('');
  });

  it('refuses a run that has submitted nothing, and a cluster without logs', async () => {
    const { logs, append, submitted, told } = await world();
    await expect(logs()).rejects.toMatchObject({ fault: 'input', next: advising(told('status', 'r1')) });
    await append({ entry: 'cluster-logs', id: 'j-1', logUri: 'None' });
    await submitted(song, 's-1');
    await expect(logs()).rejects.toMatchObject({
      fault: 'input',
      message: 'logging is disabled on cluster j-1 (no LogUri)',
    });
  });

  it('prints one JSON document for a script', async () => {
    const { logs, out } = await failedRun({ output: 'json' });
    await logs({ stream: 'stdout' });
    expect(JSON.parse(out())).toMatchObject({
      lines: [
        { log: 'stdout', line: 'Traceback' },
        { log: 'stdout', line: 'ValueError: \u001b[2Jno' },
      ],
      run: 'r1',
      step: 'log_transform',
      attempt: 1,
      id: 's-2',
      cluster: 'j-1',
      state: 'FAILED',
      logs: [{ log: 'stdout', bytes: 29, uri: expect.stringMatching(/j-1\/steps\/s-2\/stdout\.gz$/) }],
    });
    await expect(logs({ follow: true })).rejects.toMatchObject({
      message: expect.stringContaining('ndjson'),
    });
  });
});

describe('the logs of containers', () => {
  const folder = 'j-1/containers/application_1732170000000_0007';

  async function clusterMode() {
    const made = await failedRun();
    made.upload('j-1/steps/s-2/stderr.gz', 'Submitted application application_1732170000000_0007\n');
    made.upload(`${folder}/${CONTAINER}2/stderr.gz`, 'an executor\n');
    made.upload(`${folder}/${CONTAINER}1/stderr.gz`, 'the driver\n');
    made.upload(`${folder}/${CONTAINER}1/stdout.gz`, 'ValueError\n');
    return made;
  }

  it('are listed with those of the step', async () => {
    const { logs, err, told } = await clusterMode();
    await logs();
    expect(err()).toContain('application_1732170000000_0007 left the logs of 2 containers');
    expect(err()).toContain(`next: ${told('logs', 'log_transform', '--run', 'r1', '--containers')}`);
  });

  it('are shown for the first container, and the others are named', async () => {
    const { logs, out, err } = await clusterMode();
    await logs({ containers: true });
    expect(out()).toBe('the driver\nValueError\n');
    expect(err()).toContain(`other containers: ${CONTAINER}2`);
  });

  it('are shown for the container that is named', async () => {
    const { logs, out } = await clusterMode();
    await logs({ container: `${CONTAINER}2` });
    expect(out()).toBe('an executor\n');
    await expect(logs({ container: 'nope' })).rejects.toMatchObject({
      fault: 'input',
      why: [expect.stringContaining(`${CONTAINER}1, ${CONTAINER}2`)],
    });
  });

  it('are not uploaded yet while their folder does not exist', async () => {
    const { logs, upload, err, out } = await failedRun();
    upload('j-1/steps/s-2/stderr.gz', 'application_1732170000000_0008\n');
    await logs({ containers: true });
    expect(err()).toContain('logs of application_1732170000000_0008: not uploaded yet');
    expect(out()).toBe('');
  });
});

describe('following', () => {
  const local: ClusterChoice = { kind: 'local' };

  it('shows new lines, and ends when the journal has the end and the last logs have arrived', async () => {
    const { logs, out, err, upload, submitted, failed, hold: own } = await world({ cluster: local });
    await submitted(song, 's-1');
    const { release } = await own();
    let over = false;
    const following = logs({ follow: true }).finally(() => (over = true));
    upload('j-1/steps/s-1/stderr.gz', 'a\n');
    await until(() => out() === 'a\n');
    upload('j-1/steps/s-1/stdout.gz', '');
    await delay(20);
    await failed(song);
    await delay(600);
    expect(over).toBe(false);
    upload('j-1/steps/s-1/stderr.gz', 'a\nb\n');
    upload('j-1/steps/s-1/stdout.gz', 'ValueError');
    await following;
    await release();
    expect(out()).toBe('a\nb\nValueError\n');
    expect(err()).toContain('step song_transform ended FAILED');
    expect(err()).not.toContain('no driver has');
  });

  it('says so when no driver is left to record the end', async () => {
    const { logs, err, submitted, interrupting, state, told } = await world({ cluster: local });
    await submitted(song, 's-1');
    const newest = String((await state()).length).padStart(6, '0');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(base, `lake/_landfall/runs/r1/journal/${newest}.json`), longAgo, longAgo);
    const following = logs({ follow: true });
    await until(() => err().includes('no driver has run r1'));
    await delay(500);
    interrupting.abort(new Interruption('SIGINT', 130));
    await expect(following).rejects.toBeInstanceOf(Interruption);
    expect(err().match(/no driver has run r1/g)).toHaveLength(1);
    expect(err()).toContain(`next: ${told('attach', 'r1')}`);
  });

  it('ends at an interruption or --timeout, and neither cancels anything', async () => {
    const { logs, submitted, interrupting, world: its, state, told } = await world({ cluster: local });
    await submitted(song, 's-1');
    await expect(logs({ follow: true, timeout: 0.3 })).rejects.toMatchObject({
      fault: 'timeout',
      next: advising(told('logs', 'song_transform', '--run', 'r1', '--follow')),
    });
    const before = await state();
    const following = logs({ follow: true });
    interrupting.abort(new Interruption('SIGINT', 130));
    await expect(following).rejects.toMatchObject({ exitCode: 130 });
    expect(its.answering.interruptions).toBe(false);
    expect(await state()).toEqual(before);
    expect(before.cancelRequested).toBe(false);
  });
});

describe('logs in S3', () => {
  it('that these credentials may not read are an access error that names the object; s3n is S3', async () => {
    const s3 = await scriptedS3(refuse(403, 'AccessDenied'));
    try {
      writeFileSync(
        join(base, 'dl.cfg'),
        '[AWS]\nAWS_ACCESS_KEY_ID = AKIDX\nAWS_SECRET_ACCESS_KEY = s3cr3t\n',
      );
      const { logs, submitted, world: its, out } = await world({ logUri: 's3n://their-logs/x/' });
      Object.assign(its.env, { AWS_ENDPOINT_URL_S3: s3.endpoint });
      await submitted(song, 's-1');
      await expect(logs()).rejects.toMatchObject({
        fault: 'access',
        message: expect.stringContaining('s3://their-logs/x/j-1/steps/s-1/stderr.gz'),
      });
      expect(out()).toBe('');
    } finally {
      await s3.stop();
    }
  });

  it('are read as one version, by its etag', async () => {
    const packed = gzipSync('from S3\n');
    const s3 = await scriptedS3(({ method, headers }, response) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
      const body = from === undefined ? packed : packed.subarray(Number(from), Number(to) + 1);
      const lastModified = new Date(Date.now() + 60_000).toUTCString();
      response
        .writeHead(from === undefined ? 200 : 206, {
          etag: '"v1"',
          'last-modified': lastModified,
          'content-length': body.length,
        })
        .end(method === 'HEAD' ? undefined : body);
    });
    try {
      writeFileSync(
        join(base, 'dl.cfg'),
        '[AWS]\nAWS_ACCESS_KEY_ID = AKIDX\nAWS_SECRET_ACCESS_KEY = s3cr3t\n',
      );
      const { logs, submitted, world: its, out } = await world({ logUri: 's3://their-logs/x/' });
      Object.assign(its.env, { AWS_ENDPOINT_URL_S3: s3.endpoint });
      await submitted(song, 's-1');
      await logs({ stream: 'stderr' });
      expect(out()).toBe('from S3\n');
      const gets = s3.seen.filter(({ method }) => method === 'GET');
      expect(gets.length).toBeGreaterThan(0);
      expect(gets.every(({ headers }) => headers['if-match'] === '"v1"')).toBe(true);
    } finally {
      await s3.stop();
    }
  });
});

describe('a journal’s log location', () => {
  it.each(['file:///etc', '/etc', '$lake/../secret', 'file:///$base/lake2'])(
    'is not trusted for %s, a folder of this machine outside the lake',
    async (place) => {
      const logUri = place.replace('$lake', `file://${join(base, 'lake')}`).replace('/$base', base);
      const { logs, submitted } = await world({ logUri });
      await submitted(log(1), 's-1');
      await expect(logs()).rejects.toMatchObject({
        fault: 'input',
        message: expect.stringContaining("the run's journal says that its logs are in file:///"),
      });
    },
  );
});
