/** The proxy between the steps of this machine and S3, as S3A is told of it. Pure. */

export interface S3Proxy {
  host: string;
  port: number;
  credentials?: { username: string; password: string } | undefined;
  /** Whether a bucket that is not in `buckets` is reached through it. */
  usual: boolean;
  /** Whether a bucket is reached through it, by the bucket's name. */
  buckets: Readonly<Record<string, boolean>>;
}

const USERNAME = 'LANDFALL_S3_PROXY_USERNAME';
const PASSWORD = 'LANDFALL_S3_PROXY_PASSWORD';

/** Hadoop's keys. The sign-in is not among the values: Hadoop reads it from `proxyVariables`. */
export function proxyConf({ host, port, credentials, usual, buckets }: S3Proxy): Record<string, string> {
  const through: Record<string, string> = {
    'proxy.host': host,
    'proxy.port': String(port),
    ...(credentials && {
      'proxy.username': `\${env.${USERNAME}}`,
      'proxy.password': `\${env.${PASSWORD}}`,
    }),
  };
  // A port without a host is an error to S3A, -1 is none.
  const direct = { 'proxy.host': '', 'proxy.port': '-1' };
  const under = (prefix: string, values: Record<string, string>) =>
    Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]);
  return Object.fromEntries([
    ...(usual ? under('fs.s3a', through) : []),
    ...Object.entries(buckets).flatMap(([bucket, its]) =>
      its === usual ? [] : under(`fs.s3a.bucket.${bucket}`, its ? through : direct),
    ),
  ]) as Record<string, string>;
}

/** The environment that the values of `proxyConf` refer to. */
export function proxyVariables({ credentials }: S3Proxy): Record<string, string> {
  if (credentials === undefined) return {};
  return { [USERNAME]: credentials.username, [PASSWORD]: credentials.password };
}
