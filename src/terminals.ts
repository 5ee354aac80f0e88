/** Terminals that close while we run. Node aborts at its end when it cannot restore one, so those are let go before. */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2];

/** Which of the standard streams are terminals. */
export function openTerminals(): number[] {
  return STANDARD.filter((stream) => isatty(stream));
}

/** Puts /dev/null in the place of each of these terminals that has closed. For the very end: nothing is written after it. */
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
