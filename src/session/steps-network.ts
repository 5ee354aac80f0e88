/** How steps on this machine reach S3: through the same proxy, and with the same certificates, as the driver. */
import { LandfallError } from '../faults.ts';
import type { S3Proxy } from '../local/s3-proxy.ts';
import type { S3Access } from '../local/spark-conf.ts';
import { certificates, exemptNames, proxyFor, proxySignIn } from '../store/request-handler.ts';
import type { CliContext } from '../cli/context.ts';

type Env = CliContext['env'];

/** `access` with the proxy and the authorities of this environment. Throws `input` for what S3A cannot do. */
export function throughOurNetwork(access: S3Access, env: Env): S3Access {
  return { ...access, proxy: proxyOf(access, env), authorities: certificates(env) };
}

function proxyOf(access: S3Access, env: Env): S3Proxy | undefined {
  const usual = proxyTo(serviceUrl(access), env);
  const buckets = Object.fromEntries(
    bucketUrls(access, env).map(([bucket, url]) => [bucket, proxyTo(url, env)] as const),
  );
  const proxy = [usual, ...Object.values(buckets)].find((one) => one !== undefined);
  if (proxy === undefined) return undefined;
  if (proxy.protocol === 'https:')
    throw unsupported('the proxy for S3 begins with https://', 'talks to a proxy by plain HTTP only');
  const credentials = proxySignIn(proxy);
  if (/[^\x20-\x7e]/.test(Object.values(credentials ?? {}).join('')))
    throw unsupported('the sign-in of the proxy for S3 is not plain ASCII', 'sends nothing else');
  return {
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    credentials,
    usual: usual !== undefined,
    buckets: Object.fromEntries(Object.entries(buckets).map(([name, its]) => [name, its !== undefined])),
  };
}

const proxyTo = ({ protocol, hostname, port }: URL, env: Env) =>
  proxyFor(env, { protocol, hostname, port: port === '' ? undefined : Number(port) });

const serviceUrl = ({ endpoint, region }: S3Access) => new URL(endpoint ?? `https://${serviceHost(region)}`);

const serviceHost = (region = 'us-east-1') =>
  `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** Buckets for which NO_PROXY may decide differently. At an endpoint all buckets have one host. */
function bucketUrls({ endpoint, region, bucketRegions = {} }: S3Access, env: Env): [string, URL][] {
  if (endpoint !== undefined) return [];
  const host = serviceHost(region);
  const named = exemptNames(env)
    .filter((name) => name.endsWith(`.${host}`))
    .map((name): [string, string] => [name.slice(0, -host.length - 1), host]);
  const elsewhere = Object.entries(bucketRegions).map(([bucket, its]): [string, string] => [
    bucket,
    serviceHost(its),
  ]);
  return [...named, ...elsewhere].map(([bucket, at]) => [bucket, new URL(`https://${bucket}.${at}`)]);
}

function unsupported(what: string, why: string): LandfallError {
  return new LandfallError('input', `${what} (HTTPS_PROXY, HTTP_PROXY)`, {
    why: [`local steps reach S3 through S3A, which ${why}`],
    next: 'name another proxy, or name S3 in NO_PROXY if it can be reached without one',
  });
}
