/** The name a person probably meant. */

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
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split('').entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
