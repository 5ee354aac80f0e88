import '../support/one-realm.ts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { openS3 } from '../../src/store/s3.ts';
import { proveCreateIfAbsent } from '../../src/store/precondition.ts';
import { startMoto } from '../support/moto.ts';
import { startGateway } from '../support/s3-gateway.ts';
import type { Moto } from '../support/moto.ts';
import { bytes, keysOf, storeContract, text } from './contract.ts';

let moto: Moto;
let prefixes = 0;
beforeAll(async () => {
  moto = await startMoto({ pageSize: 100 });
  await moto.createBucket('lake');
});
afterAll(() => moto.stop());

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

function open(settings = {}) {
  prefixes += 1;
  const prefix = `some +é%41&'prefix/${String(prefixes)}`;
  return openS3({ bucket: 'lake', prefix }, { endpoint: moto.endpoint, credentials, ...settings }, {});
}

describe('an S3 prefix', () => {
  storeContract(() => Promise.resolve(open()));

  it('does not include objects outside it', async () => {
    const store = open();
    await store.put('a', bytes('x'));
    const whole = openS3({ bucket: 'lake', prefix: '' }, { endpoint: moto.endpoint, credentials }, {});
    const key = `${store.uri.slice('s3://lake/'.length)}0`;
    await whole.put(key, bytes('x'));
    expect(await keysOf(store, '')).toEqual(['a']);
    expect(await keysOf(whole, key)).toEqual([key]);
  });

  it('lists several pages, each object once and in order', async () => {
    const store = open();
    const keys = Array.from({ length: 250 }, (_, n) => `a +é/${String(n).padStart(6, '0')}.json`);
    const limit = pLimit(16);
    await Promise.all(keys.map((key) => limit(() => store.put(key, bytes('{}')))));
    expect(await keysOf(store, 'a +é/')).toEqual(keys);
  }, 60_000);

  it('lists unfinished uploads below it', async () => {
    const store = open();
    const prefix = store.uri.slice('s3://lake/'.length);
    const begin = (key: string) =>
      fetch(`${moto.endpoint}/lake/${encodeURI(key)}?uploads`, { method: 'POST' });
    for (const key of [`${prefix}/a`, `${prefix}/b/c`, `${prefix}0/a`])
      expect((await begin(key)).ok).toBe(true);
    const begun: Date[] = [];
    for await (const at of store.incompleteUploads!()) begun.push(at);
    expect(begun).toHaveLength(2);
    expect(begun.every((at) => at.getTime() > 0)).toBe(true);
  });

  it('copies a large object in parts', async () => {
    const store = open({ partsAbove: 5 * 2 ** 20 });
    const body = new Uint8Array(12 * 2 ** 20).map((_, n) => n % 251);
    await store.put('large +ä', body);
    const copied = await store.copy('large +ä', 'to');
    expect(copied).toMatchObject({ key: 'to', size: body.length });
    expect(copied.etag).toMatch(/-3$/);
    expect(Buffer.compare((await store.get('to'))!, body)).toBe(0);
  });

  it('works for stores that know only the older checksums', async () => {
    const older = await startGateway(moto.endpoint, { onlyOlderChecksums: true });
    try {
      const settings = { endpoint: older.endpoint, checksums: 'when_required', partsAbove: 5 * 2 ** 20 };
      const store = open(settings);
      await proveCreateIfAbsent(store, 'probe1');
      await store.put('a', bytes('x'));
      await store.put('large', new Uint8Array(6 * 2 ** 20));
      expect(text(await store.get('a'))).toBe('x');
      await store.copy('a', 'b');
      await store.copy('large', 'larger');
      expect(await keysOf(store, '')).toEqual(['a', 'b', 'large', 'larger']);
      await store.remove(['a', 'b', 'large', 'larger']);
      expect(await keysOf(store, '')).toEqual([]);
      await expect(open({ ...settings, checksums: 'when_supported' }).put('a', bytes('x'))).rejects.toThrow(
        'refused',
      );
    } finally {
      await older.stop();
    }
  });

  it('uses the endpoint from AWS_ENDPOINT_URL_S3', async () => {
    const store = openS3({ bucket: 'lake', prefix: 'env' }, { credentials }, moto.env);
    await store.put('a', bytes('x'));
    expect(await keysOf(store, '')).toEqual(['a']);
  });

  it('passes the test of create-if-absent, which leaves no probe behind', async () => {
    const store = open();
    await proveCreateIfAbsent(store, 'probe1');
    expect(await keysOf(store, '')).toEqual([]);
  });

  it('names a bucket that does not exist', async () => {
    const store = openS3(
      { bucket: 'no-such-bucket', prefix: '' },
      { endpoint: moto.endpoint, credentials },
      {},
    );
    const expected = {
      fault: 'input',
      message: expect.stringMatching(/no such bucket.*s3:\/\/no-such-bucket/),
    };
    await expect(store.put('a', bytes('x'))).rejects.toMatchObject(expected);
    await expect(keysOf(store, '')).rejects.toMatchObject(expected);
  });
});
