/** Which files of src import which: type-only and dynamic imports count like any other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const src = join(import.meta.dirname, '../../src');

export interface Module {
  /** Relative to src: `run/drive.ts`. */
  path: string;
  text: string;
  /** Files relative to src, packages by their names. */
  imports: string[];
}

/** The specifiers of every import and re-export in a TypeScript text. */
export function specifiersOf(text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/(?:\bfrom|\bimport\s*\(|\bimport)\s*(['"`])([^'"`]+)\1/g)].map(
    ([, , specifier = '']) => specifier,
  );
}

export const modules: Module[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const imports = specifiersOf(text).map((specifier) =>
      specifier.startsWith('.') ? relative(src, join(src, dirname(path), specifier)) : specifier,
    );
    return { path, text, imports };
  });

/** The folder of a file below src; '' for a file in src itself. */
export const room = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/** The cycles of a graph: each strongly connected component of more than one node, and each node that points to itself. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachableFrom(node, graph)]));
  const cycles = new Map<string, string[]>();
  for (const [node, others] of reached) {
    if (!others.has(node)) continue;
    const cycle = [...others].filter((other) => reached.get(other)?.has(node) === true).sort();
    cycles.set(cycle.join(' '), cycle);
  }
  return [...cycles.values()];
}

function reachableFrom(node: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const other of graph.get(next) ?? []) {
      if (reached.has(other)) continue;
      reached.add(other);
      open.push(other);
    }
  }
  return reached;
}
