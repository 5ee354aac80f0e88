/**
 * Handles credentials that are missing, malformed, or expire while we run: asks their source again, or names it in
 * the error.
 */
import { whyNoCredentials, wrongIdentity } from './why-no-credentials.ts';

/** For a client's configuration: shared credentials files are read again, not remembered from the first time. */
export const REREAD_FILES = { ignoreCache: true };

interface Identity {
  accessKeyId: string;
  secretAccessKey?: string;
  sessionToken?: string | undefined;
}

type Handler = (args: unknown) => Promise<unknown>;

/** What an SDK client is made of, as far as this goes. */
interface Client {
  config: { credentials: unknown };
  middlewareStack: unknown;
}

/** Refusals that new credentials may resolve; the refused request had no effect. */
const STALE: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/**
 * Makes the client repeat a request once, when its credentials were refused and their source has new ones by then: a
 * rewritten file, a renewed sign-in, a role. This is safe for any request, because a refused one had no effect. The
 * refusal is rethrown when the source has nothing new. Without usable credentials the request is not sent, and the
 * error names what is wrong with their source. `profile` is the profile given to the client.
 */
export function renewExpiredCredentials(client: Client, profile?: string): void {
  const identity = (options: { forceRefresh?: boolean } = {}): Promise<Identity> =>
    (client.config.credentials as (options: object) => Promise<Identity>)(options);
  const middleware = (next: Handler) => async (args: unknown) => {
    const used = await identity().catch(async (error: unknown) => {
      throw (await whyNoCredentials(profile, process.env)) ?? error;
    });
    const wrong = wrongIdentity(used, profile, process.env);
    if (wrong !== undefined) throw wrong;
    try {
      return await next(args);
    } catch (refusal) {
      if (!(refusal instanceof Error && STALE.has(refusal.name))) throw refusal;
      const renewed = await identity({ forceRefresh: true }).catch(() => used);
      if (renewed.accessKeyId === used.accessKeyId && renewed.sessionToken === used.sessionToken)
        throw refusal;
      return next(args);
    }
  };
  const stack = client.middlewareStack as { add: (one: typeof middleware, how: object) => void };
  stack.add(middleware, { step: 'initialize', priority: 'high', name: 'renewExpiredCredentials' });
}
