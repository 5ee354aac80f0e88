import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import '../support/one-realm.ts';
import { credentialVariables } from '../../src/store/s3-credentials.ts';

const inherited = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-'));
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) process.env[name] = '';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
});
afterEach(() => {
  for (const name of Object.keys(process.env))
    if (!(name in inherited)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, inherited);
  rmSync(folder, { recursive: true });
});

function profile(name: string, more = ''): void {
  writeFileSync(
    join(folder, 'credentials'),
    `[${name}]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = s/e+c=\n${more}`,
  );
}

describe('the variables of credentials', () => {
  it('contain the credentials of a profile', async () => {
    profile('analysts', 'aws_session_token = t/o+k=\n');
    process.env['AWS_PROFILE'] = 'analysts';
    expect(await credentialVariables()()).toEqual({
      AWS_ACCESS_KEY_ID: 'AKIAPROFILE',
      AWS_SECRET_ACCESS_KEY: 's/e+c=',
      AWS_SESSION_TOKEN: 't/o+k=',
    });
  });

  it('remove the session token of other credentials', async () => {
    profile('default');
    const variables = await credentialVariables()();
    expect(variables).toHaveProperty('AWS_SESSION_TOKEN', undefined);
    expect(variables['AWS_ACCESS_KEY_ID']).toBe('AKIAPROFILE');
  });

  it('are absent if there are no credentials', async () => {
    expect(await credentialVariables()()).toEqual({});
  });
});
