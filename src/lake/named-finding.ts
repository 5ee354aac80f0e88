/** Findings that name what shows them: the same mistake in many files is one finding with a count. */
import type { Finding } from '../run/verification.ts';

/** Names that are shown; the rest is counted. */
const SAMPLE = 5;

/** The finding against these names; none when there are none. */
export function namedFinding(
  subject: string,
  message: string,
  names: readonly string[],
  severity: Finding['severity'] = 'error',
): Finding[] {
  if (names.length === 0) return [];
  return [{ severity, subject, message, count: names.length, sample: names.slice(0, SAMPLE) }];
}
