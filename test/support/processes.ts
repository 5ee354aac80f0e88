/** Which processes of this machine mention a text in their command line. */
import { readdirSync, readFileSync } from 'node:fs';

/** Command lines, without our own; zombies have none. */
export function commandLines(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(text));
}
