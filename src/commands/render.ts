/** `landfall render`: the steps as programs, in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { render } from './prepare.ts';
import { configure } from './settings.ts';
import { textFlag } from './world.ts';
import type { Flags, World } from './world.ts';

export function run(flags: Flags, world: World): Promise<void> {
  const steps = render(configure('render', flags, world));
  const folder = resolve(world.cwd, textFlag(flags, 'to') ?? 'rendered');
  mkdirSync(folder, { recursive: true });
  const written = steps.map(({ name, digest, program, tables }) => {
    const path = join(folder, `${name}.py`);
    writeFileSync(path, program);
    return { step: name, path, digest, tables: tables.map((table) => table.name) };
  });
  world.printer.result((files) => files.map(({ path }) => path).join('\n'), written);
  return Promise.resolve();
}
