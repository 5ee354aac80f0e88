import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmrClients } from '../../src/emr/client.ts';

const NAMES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
];
const before = { ...process.env };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws é '));
  for (const name of NAMES) Reflect.deleteProperty(process.env, name);
  process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
});
afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true });
});

describe('the clients', () => {
  it('take region and credentials from the named profile', async () => {
    await writeFile(join(folder, 'config'), '[profile ops]\nregion = eu-north-1\n');
    await writeFile(
      join(folder, 'credentials'),
      '[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = x\n',
    );
    const { creating, reading, destroy } = await createEmrClients({ profile: 'ops' });
    for (const client of [creating, reading]) {
      expect(await client.config.region()).toBe('eu-north-1');
      expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'AKIDOPS' });
    }
    destroy();
  });

  it('are not created without a region; the error says how to set one', async () => {
    await expect(createEmrClients()).rejects.toMatchObject({
      fault: 'input',
      message: 'no AWS region is configured for EMR',
      next: expect.stringContaining('AWS_REGION'),
    });
  });
});
