/** Credentials that expire while we work: the SDK notices only where it was told when. Here their source is asked again. */
/** For a client's configuration: shared credentials files are read again, not remembered from the first time. */
export const REREAD_FILES = { ignoreCache: true };

interface Identity {
  accessKeyId: string;
  sessionToken?: string | undefined;
}

type Handler = (args: unknown) => Promise<unknown>;

/** What an SDK client is made of, as far as this goes. */
interface Client {
  config: { credentials: unknown };
  middlewareStack: unknown;
}

/** Refusals that new credentials may turn: nothing took effect. */
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
 * Makes the client send a request once more when its credentials were refused and their source has others by then: a
 * rewritten file, a renewed sign-in, a role. Safe for any request, for a refused one had no effect. The refusal is
 * thrown on when the source has nothing new.
 */
export function renewExpiredCredentials(client: Client): void {
  const identity = (options: { forceRefresh?: boolean } = {}): Promise<Identity> =>
    (client.config.credentials as (options: object) => Promise<Identity>)(options);
  const middleware = (next: Handler) => async (args: unknown) => {
    const used = await identity().catch(() => undefined);
    try {
      return await next(args);
    } catch (refusal) {
      if (used === undefined || !STALE.has((refusal as { name?: string }).name ?? '')) throw refusal;
      const renewed = await identity({ forceRefresh: true }).catch(() => used);
      if (renewed.accessKeyId === used.accessKeyId && renewed.sessionToken === used.sessionToken)
        throw refusal;
      return next(args);
    }
  };
  const stack = client.middlewareStack as { add: (one: typeof middleware, how: object) => void };
  stack.add(middleware, { step: 'initialize', priority: 'high', name: 'renewExpiredCredentials' });
}
