/** What a release label says about a cluster. */

/**
 * Whether clusters of the release can end by themselves when idle: EMR takes an AutoTerminationPolicy from 5.30.0 and
 * 6.1.0 on (API reference, PutAutoTerminationPolicy), and in every `emr-spark-x.y.z`. A label of another form is left to EMR.
 */
export function endsWhenIdle(release: string): boolean {
  const [, major, minor] = /^emr-(\d+)\.(\d+)\./.exec(release) ?? [];
  if (major === undefined || minor === undefined) return true;
  const since = new Map([
    [5, 30],
    [6, 1],
  ]).get(Number(major));
  return Number(major) > 6 || (since !== undefined && Number(minor) >= since);
}
