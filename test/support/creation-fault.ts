/** What can go wrong with a call that creates something, and what its caller learns. */
import type { Answer } from '../../src/run/ports.ts';

/** Not sent, or its answer lost: before its effect, after it, or with an effect that appears late. */
export type CreationFault = 'unsent' | 'lost-before' | 'lost-after' | 'lost-late';

/** Answers a creating call; `effect` creates the thing, which is visible at once or only `late`. */
export function answerUnder<T>(
  fault: CreationFault | undefined,
  effect: (when: 'now' | 'late') => T,
): Answer<T> {
  switch (fault) {
    case undefined:
      return { kind: 'accepted', value: effect('now') };
    case 'unsent':
      return { kind: 'unsent', reason: 'ECONNREFUSED' };
    case 'lost-before':
      return { kind: 'ambiguous', reason: 'ECONNRESET' };
    case 'lost-after':
      effect('now');
      return { kind: 'ambiguous', reason: 'ECONNRESET' };
    case 'lost-late':
      effect('late');
      return { kind: 'ambiguous', reason: 'ThrottlingException' };
  }
}
