import { describe, expect, it } from '@jest/globals';
import { proveCreateIfAbsent } from '../../src/store/precondition.ts';
import { memoryStore } from '../support/memory-store.ts';
import { keysOf } from './contract.ts';

const store = () => memoryStore('s3://lake', () => new Date());

describe('the proof of create-if-absent', () => {
  it('passes on a store that keeps the first content, and leaves nothing behind', async () => {
    const lake = store();
    await proveCreateIfAbsent(lake, 'x');
    expect(await keysOf(lake, '')).toEqual([]);
  });

  it('passes when the answer to the first write was lost and sent again', async () => {
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

  it('fails on a store that calls every name taken', async () => {
    await expect(
      proveCreateIfAbsent({ ...store(), createIfAbsent: () => Promise.resolve(false) }, 'x'),
    ).rejects.toMatchObject({ fault: 'input' });
  });
});
