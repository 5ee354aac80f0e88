/** What can go wrong with a call that creates something, and what its caller learns. */
import type { Answer } from '../../src/run/ports.ts';

/** Not sent, or its answer lost: before it took effect, after, or with an effect that shows late. */
export type CreationFault = 'unsent' | 'lost-before' | 'lost-after' | 'lost-late';

/** Answers a creating call; `effect` makes the thing, which is visible from then on or only `late`. */
export function answerUnder<T>(
  fault: CreationFault | undefined,
  effect: (when: 'now' | 'late') => T,
): Answer<T> {
  switch (fault) {
    case undefined:
      return { answer: 'accepted', value: effect('now') };
    case 'unsent':
      return { answer: 'unsent', reason: 'ECONNREFUSED' };
    case 'lost-before':
      return { answer: 'ambiguous', reason: 'ECONNRESET' };
    case 'lost-after':
      effect('now');
      return { answer: 'ambiguous', reason: 'ECONNRESET' };
    case 'lost-late':
      effect('late');
      return { answer: 'ambiguous', reason: 'ThrottlingException' };
  }
}
