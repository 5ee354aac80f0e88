import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/read.ts';
import { LandfallError } from '../../src/faults.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'landfall config [%] '));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (name: string, content: string | Uint8Array) => writeFileSync(join(cwd, name), content);

function messageOf(config?: string): string {
  try {
    readConfig(config, cwd);
  } catch (error) {
    if (error instanceof LandfallError && error.fault === 'input') return error.message;
    throw error;
  }
  return 'no error';
}

describe('the configuration file', () => {
  it('is dl.cfg, else dwh.cfg, else none', () => {
    expect(readConfig(undefined, cwd)).toBeUndefined();
    write('dwh.cfg', 'older');
    expect(readConfig(undefined, cwd)).toEqual({ path: 'dwh.cfg', text: 'older' });
    write('dl.cfg', 'newer');
    expect(readConfig(undefined, cwd)).toEqual({ path: 'dl.cfg', text: 'newer' });
  });

  it('is taken from another folder if this one has neither', () => {
    const other = join(cwd, 'other');
    mkdirSync(other);
    expect(readConfig(undefined, cwd, other)).toBeUndefined();
    writeFileSync(join(other, 'dl.cfg'), 'other');
    expect(readConfig(undefined, cwd, other)).toEqual({ path: join(other, 'dl.cfg'), text: 'other' });
    expect(() => readConfig('absent.cfg', cwd, other)).toThrow('absent.cfg: no such file');
    write('dwh.cfg', 'here');
    expect(readConfig(undefined, cwd, other)).toEqual({ path: 'dwh.cfg', text: 'here' });
  });

  it('is the one that --config names, which must exist', () => {
    write('dl.cfg', 'here');
    write('été.cfg', 'there');
    expect(readConfig('été.cfg', cwd)).toEqual({ path: 'été.cfg', text: 'there' });
    expect(messageOf('absent.cfg')).toBe('absent.cfg: no such file');
    expect(messageOf('')).toBe('--config: no such file');
    expect(messageOf('dl.cfg/x')).toContain('dl.cfg/x');
  });

  it('is refused with the reason if it cannot be read as text', () => {
    mkdirSync(join(cwd, 'folder.cfg'));
    write('binary.cfg', Uint8Array.of(91, 0, 93));
    write('latin.cfg', Uint8Array.of(91, 93, 10, 0xe9, 93));
    write('odd.cfg', Uint8Array.of(0xff, 0xfe, 91));
    execFileSync('mkfifo', [join(cwd, 'pipe.cfg')]);
    write('huge.cfg', 'x'.repeat(1_000_001));
    symlinkSync('loop.cfg', join(cwd, 'loop.cfg'));
    expect(messageOf('folder.cfg')).toBe('folder.cfg cannot be read: it is a folder');
    expect(messageOf('binary.cfg')).toBe('binary.cfg cannot be read: it is not a text file');
    expect(messageOf('latin.cfg')).toBe(
      'latin.cfg cannot be read: line 2 is not UTF-8 text: save it as UTF-8',
    );
    expect(messageOf('odd.cfg')).toContain('is not UTF-16LE text');
    expect(messageOf('pipe.cfg')).toBe('pipe.cfg cannot be read: it is not a plain file');
    expect(messageOf('-')).toContain('standard input is not read');
    expect(messageOf('huge.cfg')).toContain('1000001 bytes');
    expect(messageOf('loop.cfg')).toContain('links form a loop');
  });

  it('may be UTF-16, which Windows writes', () => {
    const text = '[LAKE]\r\npath = ./é\r\n';
    write('little.cfg', Buffer.from(`\ufeff${text}`, 'utf16le'));
    write('big.cfg', Buffer.from(`\ufeff${text}`, 'utf16le').swap16());
    expect(readConfig('little.cfg', cwd)?.text).toBe(text);
    expect(readConfig('big.cfg', cwd)?.text).toBe(text);
  });

  it('is refused when permission is denied', () => {
    write('dl.cfg', 'x');
    chmodSync(join(cwd, 'dl.cfg'), 0o000);
    const expected = process.getuid?.() === 0 ? 'no error' : 'dl.cfg cannot be read: permission denied';
    expect(messageOf('dl.cfg')).toBe(expected);
  });
});
