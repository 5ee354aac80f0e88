/** How requests to AWS leave this machine: directly or through a proxy, trusting the usual authorities or named ones. */
import { readFileSync } from 'node:fs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { variableIn } from '../env.ts';
import type { Env } from '../env.ts';
import { LandfallError } from '../faults.ts';
import { messageOf } from '../message-of.ts';
import { bounded } from './bounded-answer.ts';

export interface Pace {
  /** Milliseconds until there is a connection. */
  connectMs: number;
  /** Milliseconds until an answer begins, and between two pieces of it. */
  answerMs: number;
  keepAlive: boolean;
  /** Connections to one host at a time. */
  maxSockets: number;
}

type Request = Parameters<NodeHttpHandler['handle']>[0];

/**
 * The request handler of an SDK client. It honours HTTPS_PROXY, HTTP_PROXY, NO_PROXY and AWS_CA_BUNDLE; the credential
 * providers of the client use it too. Throws `input` for a proxy or a bundle that cannot be used.
 */
export function requestHandler(env: Env, pace: Pace) {
  const ca = certificates(env);
  for (const protocol of ['https:', 'http:']) proxyNamed(env, protocol);
  const handlers = new Map<string | undefined, NodeHttpHandler>();
  const handlerFor = (proxy: URL | undefined) => {
    const key = proxy?.href;
    const handler = handlers.get(key) ?? makeHandler(pace, ca, proxy);
    handlers.set(key, handler);
    return handler;
  };
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: Request, options?: Parameters<NodeHttpHandler['handle']>[1]) =>
      bounded(request, await handlerFor(proxyFor(env, request)).handle(request, options)),
    destroy: () => {
      for (const handler of handlers.values()) handler.destroy();
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function makeHandler(pace: Pace, ca: string | undefined, proxy: URL | undefined): NodeHttpHandler {
  const { keepAlive, maxSockets } = pace;
  const options = { keepAlive, maxSockets };
  const trusting = ca === undefined ? {} : { ca };
  return new NodeHttpHandler({
    connectionTimeout: pace.connectMs,
    requestTimeout: pace.answerMs,
    socketTimeout: pace.answerMs,
    throwOnRequestTimeout: true,
    httpAgent: proxy === undefined ? options : new HttpProxyAgent(proxy, { ...options, ...trusting }),
    httpsAgent: proxy === undefined ? { ...options, ...trusting } : tunnel(proxy, options, trusting),
  });
}

/**
 * The agent's constructor uses `ca` only for the proxy's own certificate; this passes it on to the server behind the
 * proxy.
 */
function tunnel(proxy: URL, options: object, trusting: { ca?: string }) {
  const agent = new HttpsProxyAgent(proxy, { ...options, ...trusting });
  Object.assign(agent.options, trusting);
  return agent;
}

/** The proxy for a request; undefined when it goes directly, as every request to this machine does. */
export function proxyFor(
  env: Env,
  { protocol, hostname, port }: { protocol: string; hostname: string; port?: number | undefined },
): URL | undefined {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return undefined;
  const usual = protocol === 'https:' ? 443 : 80;
  return exempt(env, host, port ?? usual) ? undefined : proxyNamed(env, protocol);
}

/** NO_PROXY: names, which stand for the names below them too, with or without a port, divided by commas; `*` is all. */
function exempt(env: Env, host: string, port: number): boolean {
  return exemptions(env).some(({ entry, name, only }) => {
    if (entry === '*') return true;
    if (name === '' || (only !== undefined && Number(only) !== port)) return false;
    return host === name || host.endsWith(`.${name}`);
  });
}

function exemptions(env: Env): { entry: string; name: string; only: string | undefined }[] {
  const entries = (env['no_proxy'] ?? env['NO_PROXY'])?.toLowerCase().split(/[\s,]+/);
  return (entries ?? []).map((entry) => {
    const only = /:(\d+)$/.exec(entry)?.[1];
    return { entry, name: entry.replace(/^\*?\.?/, '').replace(/:\d+$/, ''), only };
  });
}

/** The names in NO_PROXY, without their ports. */
export const exemptNames = (env: Env): string[] => exemptions(env).map(({ name }) => name);

/** User and password of a proxy; undefined: it has none. */
export function proxySignIn({ username, password }: URL): { username: string; password: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function proxyNamed(env: Env, protocol: string): URL | undefined {
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = (env[name.toLowerCase()] ?? env[name])?.trim();
  if (text === undefined || text === '') return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' && canSignIn(url))
    return url;
  throw new LandfallError('input', `${name} is not the address of an HTTP proxy`, {
    next: `set ${name} to http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with %-codes for special characters`,
  });
}

function canSignIn(proxy: URL): boolean {
  try {
    proxySignIn(proxy);
    return true;
  } catch {
    return false;
  }
}

/** The text of AWS_CA_BUNDLE's file. Throws `input` when it cannot be read. */
export function certificates(env: Env): string | undefined {
  const path = variableIn(env, 'AWS_CA_BUNDLE');
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LandfallError('input', `AWS_CA_BUNDLE names a file that cannot be read: ${path}`, {
      next: 'correct AWS_CA_BUNDLE, or unset it',
      why: [messageOf(cause)],
      cause,
    });
  }
}
