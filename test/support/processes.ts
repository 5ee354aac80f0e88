/** Which processes of this machine mention a text in their command line. */
import { readdirSync, readFileSync } from 'node:fs';

/** Command lines, without our own; zombies have none. */
export function commandLines(text: string): string[] {
  return mentioning(text).map(({ line }) => line);
}

/** The processes that mention a text in their command line, with the process that started each. */
export function processes(text: string): { pid: number; parent: number; line: string }[] {
  return mentioning(text).map(({ pid, line }) => {
    // After the program's name, which stands in parentheses: state, parent.
    const [, parent = ''] = read(pid, 'stat')?.split(') ').at(-1)?.split(' ') ?? [];
    return { pid: Number(pid), parent: Number(parent), line };
  });
}

/** The names of a process's threads, as Linux cuts them: 15 characters each. */
export function threadNames(pid: number): string[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`).map((id) =>
      (read(String(pid), `task/${id}/comm`) ?? '').trim(),
    );
  } catch {
    return [];
  }
}

/** The environments of the processes that mention a text in their command line, `NAME=value` each; ending ones have none. */
export function environments(text: string): string[][] {
  return mentioning(text)
    .map(({ pid }) => read(pid, 'environ') ?? '')
    .filter((all) => all !== '')
    .map((all) => all.split('\0'));
}

function mentioning(text: string): { pid: string; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, line: (read(pid, 'cmdline') ?? '').replaceAll('\0', ' ') }))
    .filter(({ line }) => line.includes(text));
}

function read(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
