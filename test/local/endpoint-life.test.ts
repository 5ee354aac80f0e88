import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf } from '../../src/emr-local/processes.ts';
import { readEndpointFile, writeEndpointFile } from '../../src/local/endpoint-file.ts';
import { findLocalEndpoint, startLocalEndpoint, stopLocalEndpoint } from '../../src/local/endpoint-life.ts';
import { LandfallError } from '../../src/faults.ts';
import type { Clock } from '../../src/run/ports.ts';

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => setTimeout(Math.min(ms, 50)),
};

/** Listens and says so, as emr-local does. */
const ENDPOINT = `
const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
  const text = JSON.stringify({ version: 1, url: 'http://127.0.0.1:' + server.address().port, pid: process.pid,
    accessKeyId: 'id', secretAccessKey: 'key', region: 'local' });
  require('node:fs').writeFileSync('endpoint.json.tmp', text);
  require('node:fs').renameSync('endpoint.json.tmp', 'endpoint.json');
});`;

let stateFolder: string;
beforeEach(() => {
  stateFolder = join(mkdtempSync(join(tmpdir(), 'landfall endpoint ')), 'state');
});
afterEach(async () => {
  await stopLocalEndpoint(stateFolder, clock);
  rmSync(join(stateFolder, '..'), { recursive: true });
});

const start = (script = ENDPOINT, patience = 20_000) =>
  startLocalEndpoint({
    stateFolder,
    command: [process.execPath, '-e', script],
    env: process.env,
    clock,
    patience,
  });

describe('the local endpoint', () => {
  it('is started once, found again, and stopped', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one).toEqual(other);
    expect(await findLocalEndpoint(stateFolder)).toEqual(one);
    expect(await start()).toEqual(one);
    expect(await stopLocalEndpoint(stateFolder, clock)).toBe(true);
    expect(await identityOf(one.pid)).toBeUndefined();
    expect(await findLocalEndpoint(stateFolder)).toBeUndefined();
  });

  it('is started anew when it was killed', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    while ((await identityOf(first.pid)) !== undefined) await clock.sleep(10);
    expect(await findLocalEndpoint(stateFolder)).toBeUndefined();
    expect((await start()).pid).not.toBe(first.pid);
  });

  it('that ends at once is reported with its own last words', async () => {
    const error: unknown = await start(`console.error('port in use'); process.exit(2)`).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LandfallError);
    expect((error as LandfallError).why).toEqual(['it ended with exit code 2', 'port in use']);
    expect((error as LandfallError).next).toContain('endpoint.log');
  });

  it('that never comes up is given up, and ended', async () => {
    const script = `require('node:fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`;
    await expect(start(script, 3_000)).rejects.toThrow('did not start');
    const pid = Number(readFileSync(join(stateFolder, 'pid'), 'utf8'));
    for (let look = 0; look < 100 && (await identityOf(pid)) !== undefined; look += 1) await clock.sleep(50);
    expect(await identityOf(pid)).toBeUndefined();
  });

  it('tells its key to its owner alone, and nothing through a broken file', () => {
    const endpoint = {
      url: 'http://127.0.0.1:1',
      pid: 1,
      accessKeyId: 'id',
      secretAccessKey: 'key',
      region: 'local',
    };
    writeEndpointFile(stateFolder, endpoint);
    expect(statSync(join(stateFolder, 'endpoint.json')).mode & 0o777).toBe(0o600);
    expect(statSync(stateFolder).mode & 0o777).toBe(0o700);
    expect(readEndpointFile(stateFolder)).toEqual(endpoint);
    writeEndpointFile(stateFolder, { ...endpoint, pid: -1 });
    expect(readEndpointFile(stateFolder)).toBeUndefined();
  });
});
