/**
 * The environment of the programs that install Spark: that of a step, with the settings for the network and pip's
 * index.
 */
import type { Env } from '../env.ts';
import { stepEnvironment } from '../emr-local/step-environment.ts';

/**
 * Where packages come from, and through which proxy. Variables that would install them elsewhere (`PIP_TARGET`,
 * `PIP_USER`) are not here.
 */
const NETWORK = [
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]),
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_FIND_LINKS',
  'PIP_NO_INDEX',
  'PIP_TRUSTED_HOST',
  'PIP_PROXY',
  'PIP_CERT',
  'PIP_CLIENT_CERT',
  'PIP_TIMEOUT',
  'PIP_DEFAULT_TIMEOUT',
  'PIP_RETRIES',
  'PIP_CACHE_DIR',
  'PIP_NO_CACHE_DIR',
  'PIP_CONFIG_FILE',
  'PIP_KEYRING_PROVIDER',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NETRC',
  'XDG_CONFIG_HOME',
  'XDG_CONFIG_DIRS',
  'XDG_CACHE_HOME',
];

/** `home` is Landfall's own folder: temporary files go there. A pip configuration that asks for --user is overruled. */
export function setupEnvironment(env: Env, home: string): Record<string, string> {
  const network = NETWORK.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...stepEnvironment(env, { home, scratch: home }),
    ...Object.fromEntries(network),
    PIP_USER: '0',
    // An older pip would want the package wheel to build with. A later one may not have the option: unlike an argument,
    // a variable that pip does not know does no harm.
    PIP_USE_PEP517: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
  };
}
