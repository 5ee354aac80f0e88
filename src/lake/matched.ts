/** Finds `matched` checks where no row found its counterpart, or none could. Pure. */
import type { TableContract } from '../pipeline/contract.ts';
import type { TableReport, ViewBooks } from '../pipeline/report.ts';
import type { Finding } from '../run/verification.ts';
import { unknownFieldSentence } from './nearest-key.ts';

/** `books`: of every view whose step has reported. */
export function matchedFindings(
  { name: subject, checks }: TableContract,
  { rows, matched }: TableReport,
  books: Readonly<Record<string, ViewBooks>>,
): Finding[] {
  return checks.flatMap((check): Finding[] => {
    if (check.check !== 'matched') return [];
    const found = matched.find(({ column }) => column === check.column)?.rows ?? 0;
    const reasons = missingNeeds(check.needs, books);
    if (rows === 0 || (found > 0 && reasons.length === 0)) return [];
    const share =
      found === 0 ? `none of ${String(rows)} rows` : `only ${String(found)} of ${String(rows)} rows`;
    const why = reasons.length === 0 ? `${check.column} is null in all of them` : reasons.join('; ');
    return [
      { severity: 'warn', subject, message: `${share} found ${check.found}: ${why}`, count: rows - found },
    ];
  });
}

/**
 * One sentence for each needed field that has no value in any line. Fields at the same position mean the same thing.
 */
function missingNeeds(
  needs: Readonly<Record<string, readonly string[]>>,
  books: Readonly<Record<string, ViewBooks>>,
): string[] {
  return Object.entries(needs).flatMap(([view, fields]) => {
    const { unknown = [], otherKeys = [] } = books[view] ?? {};
    return fields.flatMap((field, place) => {
      const missing = unknown.find((one) => one.field === field);
      if (missing === undefined) return [];
      const synonyms = Object.values(needs).flatMap((others) => others[place] ?? []);
      return [
        unknownFieldSentence(
          view,
          missing,
          otherKeys,
          synonyms.filter((name) => name !== field),
        ),
      ];
    });
  });
}
