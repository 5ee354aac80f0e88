/** Replacements for objects that are made once: special files, and large bodies. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipBomb } from './damage.ts';

export interface Props {
  /** Paths of special files that can be linked into a lake. */
  special: Readonly<Record<'fifo' | 'socket', string>>;
  /** Path of a JSON text of 100 MB, nearly all of it spaces. */
  spaces: string;
  /** A gzipped body of 768 MB. */
  bomb: Uint8Array;
  close: () => void;
}

export async function makeProps(base: string): Promise<Props> {
  const [fifo, socket, spaces] = ['fifo', 'socket', 'spaces'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  execFileSync('mkfifo', [fifo]);
  const server = createServer().unref();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  writeFileSync(spaces, '{}');
  const file = openSync(spaces, 'a');
  const blank = Buffer.alloc(10_000_000, ' ');
  for (let written = 0; written < 10; written += 1) writeSync(file, blank);
  closeSync(file);
  return { special: { fifo, socket }, spaces, bomb: gzipBomb(), close: () => server.close() };
}

/** Unblocks readers of FIFOs below the folder: otherwise their threads wait forever. */
export function releaseFifos(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (lstatSync(path).isFIFO()) closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
  }
}
