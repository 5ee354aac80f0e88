/** The S3 in memory, which tests of damaged buckets use, keeps the same contract as S3. */
import '../support/one-realm.ts';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { openS3 } from '../../src/store/s3.ts';
import { memoryS3 } from '../support/memory-s3.ts';
import type { MemoryS3 } from '../support/memory-s3.ts';
import { storeContract } from './contract.ts';

let s3: MemoryS3;
let prefixes = 0;
beforeAll(async () => {
  s3 = await memoryS3();
});
afterAll(() => s3.stop());

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

describe('a bucket in memory', () => {
  storeContract(() => {
    const prefix = `some +é%41&'prefix/${String((prefixes += 1))}`;
    return Promise.resolve(
      openS3({ bucket: 'lake', prefix }, { endpoint: s3.endpoint, credentials, maxAttempts: 1 }, {}),
    );
  });
});
