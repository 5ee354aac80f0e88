/** Credentials for programs that look for them in their environment alone, as Hadoop's S3A does. */
import { s3Client } from './s3-client.ts';

/**
 * Makes a function that gives what the SDK's own chain finds (environment, profile, SSO, role) as environment variables.
 * It asks anew each time, for what has no date of expiry expires too. Where the chain finds nothing, it gives none, and
 * the environment stays as it is.
 */
export function credentialVariables(): () => Promise<Record<string, string | undefined>> {
  const { config } = s3Client({ region: 'us-east-1' }, process.env).client;
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
