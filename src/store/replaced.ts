/** The error for an object that is no longer the version that was asked for. */
import { LandfallError } from '../faults.ts';

/** Retryable: the next attempt reads the new version. */
export function replaced(place: string): LandfallError {
  return new LandfallError('unreachable', `${place} was replaced while it was read`, { retryable: true });
}
