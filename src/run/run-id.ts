/** Run ids: sortable by time, safe as a folder name, in an S3 key and in an EMR name. */
import { LandfallError } from '../faults.ts';
import { isRunId } from '../lake/layout.ts';
import type { Clock, Random } from './ports.ts';

/** Such as `20261121-0930-k3f9a1`: minute in UTC, then random. */
export function newRunId(clock: Clock, random: Random): string {
  const [date = '', time = ''] = clock.now().toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}-${random.hex(3)}`;
}

/**
 * The given id, or a LandfallError when it could not be a folder name or part of a cluster's name. `flag`: where it was
 * written, if that needs saying.
 */
export function checkRunId(id: string, flag?: string): string {
  if (isRunId(id)) return id;
  throw new LandfallError(
    'input',
    `${flag === undefined ? '' : `${flag} `}${JSON.stringify(id)} is not a run id`,
    {
      next: 'use 1 to 64 letters, digits, ".", "_" or "-", the first a letter or digit',
    },
  );
}
