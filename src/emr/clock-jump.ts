/**
 * A clock that was corrected while we run: the SDK does not count that as a corrected skew, and so would not send the
 * request again.
 */
import type { EMRClient } from '@aws-sdk/client-emr';

/** EMR takes requests that are signed up to five minutes off; the SDK corrects from four on. */
const SKEW_MS = 240_000;

/**
 * Marks a refusal as a corrected skew whenever the SDK found its idea of EMR's time to be off, also when the true offset is
 * small: the SDK (3.1089) looks at the offset's size alone.
 */
export function noticeClockJumps(client: EMRClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const before = client.config.systemClockOffset;
      try {
        return await next(args);
      } catch (error) {
        const metadata = (error as { $metadata?: { clockSkewCorrected?: boolean } }).$metadata;
        const moved = Math.abs(client.config.systemClockOffset - before) >= SKEW_MS;
        if (metadata !== undefined && moved) metadata.clockSkewCorrected = true;
        throw error;
      }
    },
    { step: 'initialize', name: 'noticeClockJumps' },
  );
}
