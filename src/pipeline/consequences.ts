/** Reports each mistake once, and leaves out mistakes that only follow from another one. Pure. */
import type { Diagnostic } from '../faults.ts';

interface Found extends Diagnostic {
  /** Names that it says are not there, the one that it is about last; those before hold it. */
  lacks?: readonly string[];
  /** Names that may only seem to be missing because of it. */
  explains?: readonly string[];
}

/** A mistake that these names may be missed because of. */
export function explaining(names: readonly string[], mistake: Diagnostic): Found {
  return { ...mistake, explains: names };
}

/** The same mistake, because of which these names may be missed too. */
export function alsoExplaining(names: readonly string[], found: Found): Found {
  return { ...found, explains: [...(found.explains ?? []), ...names] };
}

/** A mistake that says that these names are not there; `explains` is what others may miss because of it. */
export function lacking(names: readonly string[], mistake: Diagnostic, explains?: readonly string[]): Found {
  return { ...mistake, lacks: names, ...(explains === undefined ? {} : { explains }) };
}

/**
 * The mistakes without those that others explain: files explain the names that are in them, and a name that is not there
 * explains what is missed besides. Of several that lack the same the first is kept, where it explains nothing.
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
