import '../support/one-realm.ts';
import { describe, expect, it } from '@jest/globals';
import { proveCreateIfAbsent } from '../../src/store/precondition.ts';
import { openS3 } from '../../src/store/s3.ts';
import { memoryStore } from '../support/memory-store.ts';
import { keysOf } from './contract.ts';
import { answer, refuse, scriptedS3 } from './scripted-s3.ts';
import type { Reply } from './scripted-s3.ts';

const store = () => memoryStore('s3://lake', () => new Date());

describe('the proof of create-if-absent', () => {
  it('passes on a store that keeps the first content, and leaves nothing behind', async () => {
    const lake = store();
    await proveCreateIfAbsent(lake, 'x');
    expect(await keysOf(lake, '')).toEqual([]);
  });

  it('passes if the answer to the first write was lost and the write repeated', async () => {
    const lake = store();
    const twice = async (key: string, body: Uint8Array) => {
      await lake.createIfAbsent(key, body);
      return lake.createIfAbsent(key, body);
    };
    await proveCreateIfAbsent({ ...lake, createIfAbsent: twice }, 'x');
  });

  it.each([
    ['replaces and says so', true],
    ['replaces and denies it', false],
  ])('fails on a store that %s, naming it, and leaves nothing behind', async (_, answer) => {
    const lake = store();
    let calls = 0;
    const careless = async (key: string, body: Uint8Array) => {
      await lake.put(key, body);
      calls += 1;
      return calls === 1 || answer;
    };
    await expect(proveCreateIfAbsent({ ...lake, createIfAbsent: careless }, 'x')).rejects.toMatchObject({
      fault: 'input',
      message: expect.stringContaining('s3://lake does not honour create-if-absent'),
    });
    expect(await keysOf(lake, '')).toEqual([]);
  });

  it.each([
    ['PutObject', ['PUT', 'POST']],
    ['DeleteObject', ['POST']],
  ])('names the first action that is denied, s3:%s, and the object', async (action, denied) => {
    const taken = new Set<string>();
    const reply: Reply = (seen, response) => {
      const first = !taken.has(seen.url);
      taken.add(seen.url);
      const put = first ? answer(200, '', { etag: '"e"' }) : refuse(412, 'PreconditionFailed');
      const granted = { PUT: put, GET: answer(200, 'first') }[seen.method] ?? answer(200);
      (denied.includes(seen.method) ? refuse(403, 'AccessDenied') : granted)(seen, response);
    };
    const s3 = await scriptedS3(reply);
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const lake = openS3({ bucket: 'lake', prefix: 'p' }, { endpoint: s3.endpoint, credentials }, {});
    await expect(proveCreateIfAbsent(lake, 'x')).rejects.toMatchObject({
      fault: 'access',
      message: `access denied (s3:${action} on s3://lake/p/_landfall/probe/x)`,
      next: `allow s3:${action} on s3://lake/p/_landfall/probe/x`,
    });
    await s3.stop();
  });

  it('fails on a store that says that every name exists', async () => {
    await expect(
      proveCreateIfAbsent({ ...store(), createIfAbsent: () => Promise.resolve(false) }, 'x'),
    ).rejects.toMatchObject({ fault: 'input' });
  });
});
