/** Whether logs are a step's last ones: EMR copies those of a running step too, without their end. */

/**
 * How long to wait for the other logs of a step once one of its last ones is there: an unchanged log is not copied
 * again.
 */
export const UPLOAD_MS = 20_000;

/** File systems stamp files by a clock that lags by a few milliseconds. */
const LAG_MS = 10;

/** Whether a log was uploaded before or after its step's end. S3 gives whole seconds: `same second` may be either. */
export function uploadedWhen(uploaded: Date, ended: Date): 'before' | 'same second' | 'after' {
  const at = uploaded.getTime();
  const end = ended.getTime();
  if (at >= end) return 'after';
  if (at % 1000 !== 0) return at >= end - LAG_MS ? 'after' : 'before';
  return at >= end - (end % 1000) ? 'same second' : 'before';
}
