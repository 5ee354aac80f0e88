/** The name a person probably meant. */
import { present } from './present.ts';

/**
 * The candidate closest to `name`, ignoring case and treating `-` as `_`; undefined when none is close. At most `most`
 * letters may differ; by default a third of them, but at least two.
 */
export function nearest(name: string, candidates: Iterable<string>, most?: number): string | undefined {
  const wanted = fold(name);
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate));
    if (distance < (best?.distance ?? Infinity)) best = { candidate, distance };
  }
  if (best === undefined) return undefined;
  return best.distance <= (most ?? Math.max(2, Math.floor(wanted.length / 3))) &&
    best.distance < wanted.length
    ? best.candidate
    : undefined;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_').slice(0, 80);
}

function editDistance(a: string, b: string): number {
  // The cost of turning the letters of `a` so far into each prefix of `b`.
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    let [left, diagonal] = [i + 1, i];
    row = row.map((above, j) => {
      if (j === 0) return left;
      left = Math.min(diagonal + (letter === b[j - 1] ? 0 : 1), above + 1, left + 1);
      diagonal = above;
      return left;
    });
  }
  return present(row.at(-1), 'distance');
}
