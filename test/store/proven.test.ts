import { describe, expect, it } from '@jest/globals';
import { LandfallError } from '../../src/faults.ts';
import { provenBeforeWriting } from '../../src/store/proven.ts';
import type { Store } from '../../src/store/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { keysOf } from './contract.ts';

const body = new TextEncoder().encode('x');
const WRITES: [string, (store: Store) => Promise<unknown>][] = [
  ['put', (store) => store.put('a', body)],
  ['createIfAbsent', (store) => store.createIfAbsent('a', body)],
  ['copy', (store) => store.copy('old', 'a')],
  ['remove', (store) => store.remove(['old'])],
];

describe('a store that is written', () => {
  it.each(WRITES)('is not changed by %s if it does not honour create-if-absent', async (_, write) => {
    const lake = memoryStore('s3://lake', () => new Date());
    await lake.put('old', body);
    const careless = async (key: string, content: Uint8Array) => (await lake.put(key, content), true);
    const store = provenBeforeWriting({ ...lake, createIfAbsent: careless }, 'x');
    await expect(write(store)).rejects.toMatchObject({ fault: 'input' });
    await expect(write(store)).rejects.toMatchObject({ fault: 'input' });
    expect(await keysOf(lake, '')).toEqual(['old']);
    expect(await store.get('old')).toEqual(body);
  });

  it('is tested again after the store was unreachable', async () => {
    const lake = memoryStore('s3://lake', () => new Date());
    let isAway = true;
    const createIfAbsent = async (key: string, content: Uint8Array) => {
      if (isAway) throw new LandfallError('unreachable', 'away', { retryable: true });
      return lake.createIfAbsent(key, content);
    };
    const store = provenBeforeWriting({ ...lake, createIfAbsent }, 'x');
    await expect(store.put('a', body)).rejects.toMatchObject({ fault: 'unreachable' });
    isAway = false;
    await store.put('a', body);
    expect(await keysOf(lake, '')).toEqual(['a']);
  });

  it('is tested once, and then written', async () => {
    const lake = memoryStore('s3://lake', () => new Date());
    await lake.put('old', body);
    let creations = 0;
    const counted = (key: string, content: Uint8Array) => (
      (creations += 1),
      lake.createIfAbsent(key, content)
    );
    const store = provenBeforeWriting({ ...lake, createIfAbsent: counted }, 'x');
    await store.get('old');
    expect(creations).toBe(0);
    for (const [, write] of WRITES) await write(store);
    expect(creations).toBe(3);
    expect(await keysOf(lake, '')).toEqual(['a']);
  });
});
