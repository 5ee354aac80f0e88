/** Reads from pip's output which packages had another hash than their requirement. Pure. */

export interface WrongPackage {
  /** As pip names it: `py4j==0.10.9.7`. */
  requirement: string;
  /** Its URL, without credentials: pip hides those. */
  from: string;
  sha256: string;
}

/** In pip's order; empty when all hashes were right. */
export function wrongPackages(output: string): WrongPackage[] {
  const start = output.indexOf('DO NOT MATCH THE HASHES');
  if (start < 0) return [];
  const found: WrongPackage[] = [];
  let of: Omit<WrongPackage, 'sha256'> | undefined;
  for (const line of output.slice(start).split('\n')) {
    const [, requirement, from] = /^\s+(\S+) from (\S+)/.exec(line) ?? [];
    if (requirement !== undefined && from !== undefined) of = { requirement, from };
    const sha256 = /^\s+Got\s+([0-9a-f]{64})\s*$/.exec(line)?.[1];
    if (of !== undefined && sha256 !== undefined) found.push({ ...of, sha256 });
  }
  return found;
}
