/** The mark of a finished set-up: written last, believed only while what it names is there. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const shape = z.object({
  version: z.literal(1),
  spark: z.string(),
  /** The virtual environment, where it was made: it cannot be moved. */
  folder: z.string(),
  sparkHome: z.string(),
  python: z.string(),
  javaHome: z.string(),
});

export type Ready = z.infer<typeof shape>;

/** Undefined when the set-up is absent, half-made, moved, or misses its Python, its Java or one of `files`. */
export function readReady(base: string, spark: string, files: readonly string[]): Ready | undefined {
  const ready = parse(join(base, 'ready.json'));
  if (ready?.spark !== spark || dirname(ready.folder) !== base) return undefined;
  const needed = [
    ready.python,
    join(ready.javaHome, 'bin', 'java'),
    join(ready.sparkHome, 'bin', 'spark-submit'),
    ...files,
  ];
  return needed.every((path) => existsSync(path)) ? ready : undefined;
}

export function writeReady(base: string, ready: Ready): void {
  const path = join(base, 'ready.json');
  writeFileSync(`${path}.tmp`, `${JSON.stringify(ready, undefined, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}

function parse(path: string): Ready | undefined {
  try {
    return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
