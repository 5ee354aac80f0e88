import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf } from '../../src/emr-local/processes.ts';
import { nonceIn, proofOf } from '../../src/emr-local/proof.ts';
import { readEndpointFile, writeEndpointFile } from '../../src/local/endpoint-file.ts';
import { findLocalEndpoint, startLocalEndpoint, stopLocalEndpoint } from '../../src/local/endpoint-life.ts';
import { readPrivate, whyNotPrivate } from '../../src/local/private-folder.ts';
import { LandfallError } from '../../src/faults.ts';
import type { Clock } from '../../src/run/ports.ts';

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => setTimeout(Math.min(ms, 50)),
};

const modules = join(import.meta.dirname, '../../src');
const tsx = pathToFileURL(join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs')).href;

/** Listens, reports it and proves its key, as emr-local does. */
const ENDPOINT = `
import { createServer } from 'node:http';
import { identityOf } from ${JSON.stringify(join(modules, 'emr-local/processes.ts'))};
import { nonceIn, proofOf } from ${JSON.stringify(join(modules, 'emr-local/proof.ts'))};
import { writeEndpointFile } from ${JSON.stringify(join(modules, 'local/endpoint-file.ts'))};
const server = createServer((request, response) => {
  const proof = proofOf(process.env.PROVES ?? 'key', request.socket.localPort, nonceIn(request.url) ?? '');
  response.end(JSON.stringify({ proof }));
}).listen(0, '127.0.0.1', async () => {
  writeEndpointFile('.', { url: 'http://127.0.0.1:' + server.address().port, pid: process.pid,
    process: await identityOf(process.pid), accessKeyId: 'id', secretAccessKey: 'key', region: 'local' });
});`;

let stateFolder: string;
beforeEach(() => {
  stateFolder = join(mkdtempSync(join(tmpdir(), 'landfall endpoint ')), 'state');
});
afterEach(async () => {
  await stopLocalEndpoint(stateFolder, clock);
  rmSync(join(stateFolder, '..'), { recursive: true });
});

const start = (script = ENDPOINT, patience = 20_000, env: Record<string, string> = {}) =>
  startLocalEndpoint({
    stateFolder,
    command: [process.execPath, '--import', tsx, '--input-type=module', '-e', script],
    env: { ...process.env, ...env },
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

  it('is started again after it was killed', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    while ((await identityOf(first.pid)) !== undefined) await clock.sleep(10);
    expect(await findLocalEndpoint(stateFolder)).toBeUndefined();
    expect((await start()).pid).not.toBe(first.pid);
  });

  it('that ends at once is reported with its last lines', async () => {
    const error: unknown = await start(`console.error('port in use'); process.exit(2)`).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LandfallError);
    expect((error as LandfallError).why).toEqual(['it ended with exit code 2', 'port in use']);
    expect((error as LandfallError).next).toContain('endpoint.log');
  });

  it('that never becomes ready is given up and ended', async () => {
    const script = `import fs from 'node:fs'; fs.writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`;
    await expect(start(script, 3_000)).rejects.toThrow('did not start');
    const pid = Number(readFileSync(join(stateFolder, 'pid'), 'utf8'));
    for (let look = 0; look < 100 && (await identityOf(pid)) !== undefined; look += 1) await clock.sleep(50);
    expect(await identityOf(pid)).toBeUndefined();
  });

  it('that listens but cannot prove its key gets no requests', async () => {
    await expect(start(ENDPOINT, 3_000, { PROVES: 'another key' })).rejects.toThrow('did not start');
  });

  it('shows its key only to its owner, and nothing through a broken file', () => {
    writeEndpointFile(stateFolder, endpoint);
    expect(statSync(join(stateFolder, 'endpoint.json')).mode & 0o777).toBe(0o600);
    expect(statSync(stateFolder).mode & 0o777).toBe(0o700);
    expect(readEndpointFile(stateFolder)).toEqual(endpoint);
    writeEndpointFile(stateFolder, { ...endpoint, pid: -1 });
    expect(readEndpointFile(stateFolder)).toBeUndefined();
  });
});

const endpoint = {
  url: 'http://127.0.0.1:1',
  pid: 2,
  process: 'a process',
  accessKeyId: 'id',
  secretAccessKey: 'key',
  region: 'local',
};

describe('an endpoint file that someone else may have written', () => {
  const file = () => join(stateFolder, 'endpoint.json');
  const plants: [string, () => void][] = [
    ['readable by others', () => chmodSync(file(), 0o644)],
    ['in a folder that lets others in', () => chmodSync(stateFolder, 0o755)],
    [
      'a link',
      () => {
        renameSync(file(), join(stateFolder, 'elsewhere'));
        symlinkSync(join(stateFolder, 'elsewhere'), file());
      },
    ],
    [
      'in a folder that is a link',
      () => {
        renameSync(stateFolder, `${stateFolder} moved`);
        symlinkSync(`${stateFolder} moved`, stateFolder);
      },
    ],
    [
      'naming another host',
      () => writeEndpointFile(stateFolder, { ...endpoint, url: 'http://192.0.2.1:80' }),
    ],
  ];

  it.each(plants)('(%s) is not trusted', (_, plant) => {
    writeEndpointFile(stateFolder, endpoint);
    plant();
    expect(readEndpointFile(stateFolder)).toBeUndefined();
  });

  it('is not trusted if it or its folder belongs to another user', () => {
    writeEndpointFile(stateFolder, endpoint);
    const owner = statSync(file()).uid;
    expect(readPrivate(file(), 10_000, owner)).toContain('"key"');
    expect(readPrivate(file(), 10_000, owner + 1)).toBeUndefined();
    expect(whyNotPrivate(stateFolder, owner)).toBeUndefined();
    expect(whyNotPrivate(stateFolder, owner + 1)).toBe(
      `it belongs to user ${String(owner)}, and this process runs as user ${String(owner + 1)}`,
    );
  });

  it('does not start an endpoint in a folder that others can write to', async () => {
    writeEndpointFile(stateFolder, endpoint);
    chmodSync(stateFolder, 0o777);
    await expect(start()).rejects.toThrow(`${stateFolder} is not private: its mode 777 lets others in`);
  });
});

describe('a stale endpoint file', () => {
  /** How a process ended that must not be signalled. */
  async function sparing(file: (pid: number) => Promise<typeof endpoint>): Promise<boolean> {
    const innocent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      writeEndpointFile(stateFolder, await file(innocent.pid ?? 0));
      expect(await findLocalEndpoint(stateFolder)).toBeUndefined();
      expect(await stopLocalEndpoint(stateFolder, clock)).toBe(true);
      await setTimeout(100);
      return innocent.exitCode === null && innocent.signalCode === null;
    } finally {
      innocent.kill('SIGKILL');
    }
  }

  it('never makes Landfall signal another process that has the recorded pid', async () => {
    expect(
      await sparing((pid) => Promise.resolve({ ...endpoint, pid, process: `${String(pid)} 1/boot uid 0 x` })),
    ).toBe(true);
  });

  it('never makes Landfall signal a process that cannot prove the key, even if it is the recorded one', async () => {
    expect(await sparing(async (pid) => ({ ...endpoint, pid, process: (await identityOf(pid)) ?? '' }))).toBe(
      true,
    );
  });

  it('is not trusted if a relay at its port forwards the challenge to a live endpoint', async () => {
    let asked = 0;
    const relay = createServer((request, response) => {
      asked += 1;
      // What the endpoint at port 1 would answer.
      response.end(JSON.stringify({ proof: proofOf('key', 1, nonceIn(request.url) ?? '') }));
    });
    await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done));
    const { port } = relay.address() as AddressInfo;
    const process_ = (await identityOf(process.pid)) ?? '';
    const file = {
      ...endpoint,
      url: `http://127.0.0.1:${String(port)}`,
      pid: process.pid,
      process: process_,
    };
    writeEndpointFile(stateFolder, file);
    expect(await findLocalEndpoint(stateFolder)).toBeUndefined();
    expect(asked).toBe(1);
    relay.close();
  });
});
