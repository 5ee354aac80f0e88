/** Reports each mistake once, and leaves out mistakes that only follow from another one. Pure. */
import type { Diagnostic } from '../faults.ts';

interface Found extends Diagnostic {
  /** Names that it reports as missing: its own name last, after the names that contain it. */
  lacks?: readonly string[];
  /** Names that may only seem to be missing because of it. */
  explains?: readonly string[];
}

/** A mistake because of which these names may seem to be missing. */
export function explaining(names: readonly string[], mistake: Diagnostic): Found {
  return { ...mistake, explains: names };
}

/** The same mistake, because of which these names too may seem to be missing. */
export function alsoExplaining(names: readonly string[], found: Found): Found {
  return { ...found, explains: [...(found.explains ?? []), ...names] };
}

/** A mistake that reports these names as missing; `explains` are names that may seem to be missing because of it. */
export function lacking(names: readonly string[], mistake: Diagnostic, explains?: readonly string[]): Found {
  return { ...mistake, lacks: names, ...(explains === undefined ? {} : { explains }) };
}

/**
 * The mistakes without those that others explain: a file explains the names that are in it, and a missing name
 * explains others that depend on it. Of several that report the same missing name, the first is kept, unless another
 * one explains it.
 */
export function rootCauses(found: readonly Found[]): Diagnostic[] {
  const explained = new Set(
    found.flatMap(({ lacks, explains }) => (lacks === undefined ? (explains ?? []) : [])),
  );
  const isExplained = ({ lacks = [] }: Found) => lacks.some((name) => explained.has(name));
  const named = found.filter(
    (one) => one.lacks !== undefined && one.explains !== undefined && !isExplained(one),
  );
  for (const { explains = [] } of named) for (const name of explains) explained.add(name);
  return found.flatMap((one) => {
    const { lacks, explains, ...diagnostic } = one;
    if (lacks === undefined || named.includes(one)) return [diagnostic];
    if (isExplained(one) || explains !== undefined) return [];
    const most = lacks.at(-1);
    if (most !== undefined) explained.add(most);
    return [diagnostic];
  });
}
