/** What is wrong with the source of credentials if the SDK only says that it found none. */
import '../support/one-realm.ts';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmrClients } from '../../src/emr/client.ts';
import { createEmr } from '../../src/emr/emr.ts';
import { LandfallError } from '../../src/faults.ts';
import { openS3 } from '../../src/store/s3.ts';
import { launchSettings } from '../support/emr-clients.ts';
import { sharedCredentials } from '../support/shared-credentials.ts';
import type { SharedCredentials } from '../support/shared-credentials.ts';

const NOWHERE = 'http://127.0.0.1:9';
let shared: SharedCredentials;
beforeEach(() => {
  shared = sharedCredentials();
  writeFileSync(join(shared.folder, 'credentials'), '');
});
afterEach(() => shared.restore());

const configFile = (text: string) => writeFileSync(join(shared.folder, 'config'), text);

/** Writes a credential process of these shell lines, and profile `p` that names it. */
function processOf(lines: string): void {
  const path = join(shared.folder, 'process.sh');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  configFile(`[profile p]\ncredential_process = ${path}\n`);
}

async function failureOf(profile?: string): Promise<LandfallError> {
  const store = openS3({ bucket: 'b', prefix: '' }, { endpoint: NOWHERE, ...(profile && { profile }) });
  const error = await store.head('k').then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LandfallError) return error;
  throw new Error(`not a LandfallError: ${String(error)}`);
}

const told = ({ message, why, next }: LandfallError) => [message, ...why, JSON.stringify(next)].join('\n');

describe('a profile', () => {
  it('that does not exist is named with the files that were searched, for S3 and EMR', async () => {
    configFile('[profile prod]\nregion = us-east-1\n');
    const error = await failureOf('prdo');
    expect(error).toMatchObject({ fault: 'input', message: 'no AWS profile "prdo"' });
    expect(error.why).toEqual([
      'did you mean "prod"?',
      `looked in ${join(shared.folder, 'config')} and ${join(shared.folder, 'credentials')}`,
    ]);
    process.env['AWS_PROFILE'] = 'gone';
    expect(await failureOf()).toMatchObject({ message: 'no AWS profile "gone"' });
    const clients = await createEmrClients({ endpoint: NOWHERE, region: 'us-east-1' });
    const emr = createEmr(clients, { launch: launchSettings });
    const call = emr.describeCluster('j-1');
    await expect(call).rejects.toMatchObject({ fault: 'input', message: 'no AWS profile "gone"' });
    clients.destroy();
  });

  it('that is the source of another one is named with it', async () => {
    configFile('[profile p]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone\n');
    expect((await failureOf('p')).message).toBe('no AWS profile "gone" (source_profile of "p")');
  });

  it('with half of a key pair, or with nothing, says what it lacks', async () => {
    configFile('[profile p]\naws_access_key_id = AKIA\n[profile q]\nregion = x\n');
    expect((await failureOf('p')).message).toBe(
      'the AWS profile "p" has aws_access_key_id but no aws_secret_access_key',
    );
    expect(await failureOf('q')).toMatchObject({
      fault: 'access',
      message: 'the AWS profile "q" holds no credentials',
    });
  });

  it('with an expired sign-in says how to sign in', async () => {
    configFile(
      '[profile p]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x.example/start\n',
    );
    expect(await failureOf('p')).toMatchObject({ fault: 'access', next: 'aws sso login --profile p' });
  });
});

describe('a credential process', () => {
  it.each([
    ['echo "no login for ann" >&2; exit 3', 'failed (exit code 3)'],
    ['exec /nowhere/tool', 'was not found (exit code 127)'],
    ['echo "{not json"', 'printed something that is not JSON'],
    ['exit 0', 'printed nothing'],
    ['echo "{}"', 'printed JSON without "Version": 1'],
    [`echo '{"Version":1,"AccessKeyId":"A"}'`, 'printed JSON without a SecretAccessKey'],
    [
      `echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"B","Expiration":"2020-01-01T00:00:00Z"}'`,
      'printed credentials that expired at 2020-01-01T00:00:00.000Z',
    ],
  ])('is reported with what it did: %s', async (lines, end) => {
    processOf(lines);
    expect(await failureOf('p')).toMatchObject({
      fault: 'access',
      message: `the credential_process of the AWS profile "p" ${end}`,
    });
  });

  it('is quoted only from stderr, within limits, and without secrets', async () => {
    processOf(
      `echo '{"SecretAccessKey":"out/s1de+SECRET/0123456789"'\necho "denied for ann: token=t0ken AKIA0123456789ABCDEF" >&2\nprintf 'secret: hunter2\\033[31m\\n' >&2\nyes long | head -c 100000 >&2\nexit 1`,
    );
    const text = told(await failureOf('p'));
    expect(text).toContain('denied for ann');
    for (const hidden of ['t0ken', 'AKIA0123456789ABCDEF', 'hunter2', 'out/s1de', '\u001b'])
      expect(text).not.toContain(hidden);
    expect(text.length).toBeLessThan(2_000);
  });
});

describe('a file of credentials', () => {
  it('that cannot be read is named with the variable that names it', async () => {
    const missing = join(shared.folder, 'missing');
    process.env['AWS_CONFIG_FILE'] = missing;
    expect(await failureOf('p')).toMatchObject({
      fault: 'input',
      message: `AWS_CONFIG_FILE: ${missing} cannot be read: no such file`,
    });
    process.env['AWS_CONFIG_FILE'] = shared.folder;
    expect((await failureOf('p')).message).toContain('cannot be read: it is a folder');
  });

  it('that is malformed is named with the line, without its text', async () => {
    configFile('[profile a]\nregion = x\naws_secret_access_key s3cret\n');
    const text = told(await failureOf('p'));
    expect(text).toContain(`${join(shared.folder, 'config')}:3: not a [section]`);
    expect(text).not.toContain('s3cret');
  });

  it('of a web identity that does not exist is named with its variable', async () => {
    configFile('');
    const path = join(shared.folder, 'token');
    Object.assign(process.env, {
      AWS_WEB_IDENTITY_TOKEN_FILE: path,
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/x',
    });
    expect(await failureOf()).toMatchObject({
      fault: 'access',
      message: `the web identity token file ${path} cannot be read: no such file`,
      why: ['named by AWS_WEB_IDENTITY_TOKEN_FILE'],
    });
  });
});

describe('characters that are invalid in a header', () => {
  it('are named with the variable, or with the profile and its key', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'hidden0\r' });
    const ofVariable = await failureOf();
    expect(ofVariable).toMatchObject({ fault: 'input' });
    expect(ofVariable.message).toMatch(/^AWS_SECRET_ACCESS_KEY ends with a carriage return/);
    expect(told(ofVariable)).not.toContain('hidden0');
    processOf(`echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"B","SessionToken":"hid\\\\nden"}'`);
    expect((await failureOf('p')).message).toBe(
      'the session token of the AWS profile "p" contains a line break',
    );
  });
});
