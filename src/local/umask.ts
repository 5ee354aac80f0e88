/** The umask of this process. */
import { readFileSync } from 'node:fs';

/**
 * Octal, such as `0027`, where Linux tells it (proc(5), since 4.7); undefined elsewhere. Node's own function would set it
 * for a moment, for all threads.
 */
export function umask(): string | undefined {
  try {
    return /^Umask:\s*([0-7]{3,4})$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
