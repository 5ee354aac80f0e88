/** Finds and reads the configuration file: the one place where config/ touches the disk. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { LandfallError } from '../faults.ts';

const NAMES = ['dl.cfg', 'dwh.cfg'];
const LARGEST_BYTES = 1_000_000;

/**
 * The text of `config`, else of dl.cfg, else of dwh.cfg; undefined when none was given and none exists. `fallback` is
 * another folder to look for the last two. `path` is the name as it was given. Throws `input` for a file that cannot be
 * read as text.
 */
export function readConfig(
  config: string | undefined,
  cwd: string,
  fallback?: string,
): { path: string; text: string } | undefined {
  const path = configFile(config, cwd, fallback);
  if (path === undefined) return undefined;
  if (path === '-') throw unreadable('--config -', 'standard input is not read as configuration');
  const found = path === '' ? undefined : stat(path, cwd);
  if (found === undefined) {
    throw new LandfallError('input', `${path === '' ? '--config' : path}: no such file`, {
      next: 'name another with --config, or make one from dl.cfg.example',
    });
  }
  if (!found.isFile())
    throw unreadable(path, found.isDirectory() ? 'it is a folder' : 'it is not a plain file');
  if (found.size > LARGEST_BYTES)
    throw unreadable(path, `it has ${found.size} bytes, too many for a configuration file`);
  return { path, text: decode(path, read(path, cwd)) };
}

/** The name of the configuration file: the one that was given, else the one that is found; undefined for none. */
export function configFile(config: string | undefined, cwd: string, fallback?: string): string | undefined {
  const names = fallback === undefined ? NAMES : [...NAMES, ...NAMES.map((name) => join(fallback, name))];
  return config ?? names.find((name) => stat(name, cwd) !== undefined);
}

function stat(path: string, cwd: string): Stats | undefined {
  try {
    return statSync(resolve(cwd, path), { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
}

function read(path: string, cwd: string): Buffer {
  try {
    return readFileSync(resolve(cwd, path));
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
}

/** Text as UTF-8, or as the UTF-16 of Windows tools, which starts with a byte order mark. */
function decode(path: string, bytes: Buffer): string {
  const mark = bytes.toString('hex', 0, 2);
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && bytes.includes(0)) throw unreadable(path, 'it is not a text file');
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    throw unreadable(
      path,
      `line ${firstBadLine(bytes)} is not ${encoding.toUpperCase()} text: save it as UTF-8`,
    );
  }
  throw unreadable(path, 'it is not a text file');
}

/** The number of the first line that is not UTF-8. For UTF-16 it cannot be known. */
function firstBadLine(bytes: Buffer): number {
  const lines = bytes.toString('latin1').split('\n');
  const bad = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  return Math.max(bad, 0) + 1;
}

function unreadable(path: string, reason: string, cause?: unknown): LandfallError {
  return new LandfallError('input', `${path} cannot be read: ${reason}`, {
    next: 'dl.cfg.example shows what the file looks like; --config names another one',
    cause,
  });
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ENOTDIR') return 'a part of its path is not a folder';
  if (code === 'ELOOP') return 'its links form a loop';
  return code ?? 'the system refused';
}
