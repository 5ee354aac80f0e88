/** Puts the modules of a Python package into one program: imports first, then each module after those it imports. */
import { grouped } from '../grouped.ts';
import { present } from '../present.ts';

/** The module whose names the program itself defines. */
const BAKED = 'baked';
/** Packages that may be missing where the program runs; every other import is Python's own library. */
const PACKAGES = ['py4j', 'pyspark'];

export interface InlinedModules {
  /** Import statements of Python's own library, sorted. */
  standard: string[];
  /** Import statements of other packages, sorted. */
  packages: string[];
  /** In an order in which every name is defined before a later module uses it. */
  sections: Section[];
}

export interface Section {
  /** `engine/lines.py`. */
  path: string;
  /** The line of the module that the text begins with. */
  firstLine: number;
  text: string;
}

interface Module {
  name: string;
  /** Names imported, by the module they come from; none: the module itself is imported. */
  imports: { from: string; names: string[] }[];
  firstLine: number;
  text: string;
}

/**
 * `modules` are the texts of a package, by module. Their imports stand at the top, after the docstring. Names of the
 * package are imported as `from <package>.<module> import <name>`, and no two modules define the same name. Throws where
 * modules import each other in a circle, or one that is not there.
 */
export function inlinePackage(name: string, modules: Readonly<Record<string, string>>): InlinedModules {
  const parsed = new Map(
    Object.entries(modules)
      .filter(([module]) => module !== BAKED && module !== '__init__')
      .map(([module, text]) => [module, parseModule(module, text)]),
  );
  const sections = inOrder(name, parsed).map(({ name: module, firstLine, text }) => ({
    path: `${name}/${module}.py`,
    firstLine,
    text,
  }));
  const foreign = [...parsed.values()].flatMap(({ imports }) =>
    imports.filter(({ from }) => rootOf(from) !== name),
  );
  const isPackage = ({ from }: { from: string }) => PACKAGES.includes(rootOf(from));
  return {
    standard: statements(foreign.filter((one) => !isPackage(one))),
    packages: statements(foreign.filter(isPackage)),
    sections,
  };
}

const rootOf = (module: string) => module.split('.', 1).join('');

function parseModule(name: string, text: string): Module {
  const lines = text.split('\n');
  let at = afterDocstring(lines);
  const imports: Module['imports'] = [];
  for (; at < lines.length; at += 1) {
    const line = present(lines[at], `line ${at + 1}`);
    if (line === '') continue;
    if (line.startsWith('import ')) {
      imports.push({ from: line.slice('import '.length), names: [] });
    } else if (line.startsWith('from ')) {
      const end = line.endsWith('(') ? lines.indexOf(')', at) : at;
      imports.push(parseFrom(lines.slice(at, end + 1).join(' ')));
      at = end;
    } else break;
  }
  return { name, imports, firstLine: at + 1, text: lines.slice(at).join('\n').trimEnd() };
}

function afterDocstring(lines: readonly string[]): number {
  if (lines[0]?.startsWith('"""') !== true) return 0;
  return lines[0].length > 5 && lines[0].endsWith('"""')
    ? 1
    : lines.findIndex((line, at) => at > 0 && line.endsWith('"""')) + 1;
}

/** `from a.b import c, d as e`, with or without parentheses. */
function parseFrom(statement: string): Module['imports'][number] {
  const [from = '', list = ''] = statement.slice('from '.length).split(' import ');
  const names = list.replace('(', '').replace(')', '').split(',');
  return { from, names: names.map((one) => one.trim()).filter((one) => one !== '') };
}

function inOrder(name: string, modules: ReadonlyMap<string, Module>): Module[] {
  const done = new Set<Module>();
  const visit = (module: string, above: readonly string[]): void => {
    const found = modules.get(module);
    if (found === undefined)
      throw new Error(`${above.at(-1) ?? name} imports ${name}.${module}, which is not there`);
    if (above.includes(module))
      throw new Error(`modules import each other: ${[...above, module].join(' -> ')}`);
    if (done.has(found)) return;
    for (const { from } of found.imports) {
      const needed = from.startsWith(`${name}.`) ? from.slice(name.length + 1) : BAKED;
      if (needed !== BAKED) visit(needed, [...above, module]);
    }
    done.add(found);
  };
  for (const module of [...modules.keys()].sort()) visit(module, []);
  return [...done];
}

/** Each module once, with all names that are imported from it. */
function statements(imports: Module['imports']): string[] {
  const whole = new Set(
    imports.filter(({ names }) => names.length === 0).map(({ from }) => `import ${from}`),
  );
  const named = imports.filter(({ names }) => names.length > 0);
  const some = [...grouped(named, ({ from }) => from)].map(([from, its]) => {
    const names = new Set(its.flatMap((one) => one.names));
    return `from ${from} import ${[...names].sort().join(', ')}`;
  });
  return [...[...whole].sort(), ...some.sort()];
}
