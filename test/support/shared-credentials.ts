/** The SDK's sources of credentials in a test: one shared credentials file and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SharedCredentials {
  folder: string;
  /** Writes the default profile: a key without an expiry date, as many tools write it. */
  write: (accessKeyId: string) => void;
  /** Restores the environment. */
  restore: () => void;
}

export function sharedCredentials(): SharedCredentials {
  const inherited = { ...process.env };
  const folder = mkdtempSync(join(tmpdir(), 'landfall-'));
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) process.env[name] = '';
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  return {
    folder,
    write: (accessKeyId) =>
      writeFileSync(
        join(folder, 'credentials'),
        `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = s/e+c=\naws_session_token = ${accessKeyId}/t=\n`,
      ),
    restore: () => {
      for (const name of Object.keys(process.env))
        if (!(name in inherited)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, inherited);
      rmSync(folder, { recursive: true });
    },
  };
}
