/** Credentials for programs that look for them in their environment alone, as Hadoop's S3A does. */
import { S3Client } from '@aws-sdk/client-s3';
import { REREAD_FILES } from './expired-credentials.ts';

/**
 * Makes a function that gives what the SDK's own chain finds (environment, profile, SSO, role) as environment variables.
 * It asks anew each time, for what has no date of expiry expires too. Where the chain finds nothing, it gives none, and
 * the environment stays as it is.
 */
export function credentialVariables(): () => Promise<Record<string, string | undefined>> {
  const { config } = new S3Client({ ...REREAD_FILES, region: 'us-east-1' });
  return async () => {
    try {
      const renewing = { forceRefresh: true };
      const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials(renewing);
      return {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      };
    } catch {
      return {};
    }
  };
}
