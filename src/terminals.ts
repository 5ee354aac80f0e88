/**
 * Terminals that close while we run. Node aborts at exit when it cannot restore one, so closed terminals are released
 * first.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2];

/** Which of the standard streams are terminals. */
export function openTerminals(): number[] {
  return STANDARD.filter((stream) => isatty(stream));
}

/** Replaces each of these terminals that has closed by /dev/null. Call this last: nothing is written after it. */
export function leaveTerminals(terminals: readonly number[]): () => void {
  return () => {
    for (const stream of terminals.filter((one) => !isatty(one))) {
      try {
        closeSync(stream);
        openSync('/dev/null', 'r+');
      } catch {
        // It is closed already.
      }
    }
  };
}
