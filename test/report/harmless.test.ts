import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LandfallError } from '../../src/faults.ts';
import { formatFailure, painter } from '../../src/report/failure.ts';
import { formatGc } from '../../src/report/format-gc.ts';
import {
  harmless,
  harmlessCopy,
  harmlessLine,
  jsonText,
  linesOf,
  oneLine,
  withoutSecrets,
} from '../../src/report/harmless.ts';
import { narrate } from '../../src/report/narrate.ts';
import { PLAIN } from '../../src/shell-words.ts';
import { formatStatus } from '../../src/report/format-status.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunStatus } from '../../src/run/status-of.ts';

const plain = painter(false);
// Control characters, separators, direction marks, invisible characters, half a character; and CI commands.
const HOSTILE_PARTS = [
  ...['\n', '\r', '\r\n', '\t', '\b', '\u0000', '\u001b[2J', '\u001b[8m', '\u001b]0;x\u0007', '\u007f'],
  ...['\u0085', '\u009b', '\u00ad', '\u061c', '\u200b', '\u200f', '\u2028', '\u202e', '\u2060', '\u2066'],
  ...['\ufeff', '\ud800', '\u{e0041}', '::error::x', '  ::set-output name=a::b', '##[error]x'],
  ...['##vso[task.setvariable]x', '##teamcity[x]', '\nnext: rm -rf /', '\n  next: x', '\r  error  y'],
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE_PARTS), fc.string({ unit: 'binary' })))
  .map((parts) => parts.join(''));

/** What a terminal or a CI would execute in a line. */
function obeyed(text: string): string[] {
  return text.split('\n').filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|^\s*::|##\w*\[/u.test(line));
}

describe('a text that others wrote', () => {
  it('is one line without control sequences', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(oneLine(text)).not.toContain('\n');
        expect(obeyed(oneLine(text))).toEqual([]);
        // eslint-disable-next-line no-control-regex
        expect(obeyed(harmless(text).replace(/\u001b\[\d{1,2}m/gu, ''))).toEqual([]);
      }),
    );
  });

  it('cannot give commands to a CI after one of our colours', () => {
    expect(harmless('\u001b[1m ::error::x')).toBe('\u001b[1m :\\:error::x');
  });

  it('shows removed characters as escapes', () => {
    expect(oneLine('a\nb\r\tc\u001b[2J\u009b\u202e\u200b\u{e0041}\ud800é😀')).toBe(
      'a\\nb\\r\\tc\\x1b[2J\\x9b\\u202e\\u200b\\udb40\\udc41\\ud800é😀',
    );
    expect(['::error::x', '##[group]', '##vso[x]', 'a ::b'].map(oneLine)).toEqual([
      ':\\:error::x',
      '##\\[group]',
      '##vso\\[x]',
      'a ::b',
    ]);
  });

  it('cannot add a next move to a failure, or a line that looks like one', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, (message, why, stand) => {
        const error = new LandfallError('step', message, {
          why: [why],
          stand: [stand],
          next: 'landfall attach',
        });
        const lines = formatFailure(error, plain, PLAIN).split('\n');
        expect(lines.filter((line) => /^\s*next\b/iu.test(line))).toEqual(['  next: landfall attach']);
        expect(lines.at(-1)).toBe('  next: landfall attach');
        expect(lines.slice(1).filter((line) => !line.startsWith('  '))).toEqual([]);
        expect(obeyed(lines.join('\n'))).toEqual([]);
      }),
    );
  });

  it('cannot add a line to an event', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const events: RunEvent[] = [
          { event: 'note', message: text },
          { event: 'warning', message: text },
          { event: 'cluster', id: text, state: text, reason: text, elapsedMs: 1 },
        ];
        for (const event of events) {
          const line = narrate({}, harmlessCopy(event), plain).line?.text ?? '';
          expect(line).not.toContain('\n');
        }
      }),
    );
  });

  it('cannot add a line to a result', () => {
    const report = {
      removed: false,
      runs: [{ run: 'x\nnext: evil', objects: 1, bytes: 1 }],
      executions: [],
      kept: [{ run: 'y\r\nnext: evil', why: 'z\u2028next: evil' }],
      strange: ['k\nnext: evil'],
    };
    expect(formatGc(harmlessCopy(report)).split('\n')).toHaveLength(4);
    const status = {
      run: 'r\nx',
      verdict: 'failed',
      message: 'm\nx',
      why: ['a', 'next: evil'],
      plannedAt: 'now',
    };
    const text = formatStatus(
      harmlessCopy({ ...status, lake: 'l', steps: [], tables: [], mirrored: false }) as unknown as RunStatus,
    );
    expect(text.split('\n')).toEqual([
      'run r\\nx  failed: m\\nx',
      '  a',
      '  | next: evil',
      'planned now  lake l',
    ]);
  });

  it('is marked if a block of ours shows it on several lines', () => {
    expect(linesOf('a\r\n  Next: b\rerror: c\nwarnings')).toEqual([
      'a',
      '|   Next: b',
      '| error: c',
      'warnings',
    ]);
  });

  it('is unchanged in JSON, which has no control sequences either', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = jsonText(value, indent);
        expect(JSON.parse(text)).toEqual(value);
        expect(obeyed(text)).toEqual([]);
      }),
    );
  });

  it('keeps its tabs as a line of a log, and cannot give commands there', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(obeyed(harmlessLine(text.replaceAll('\n', '')).replaceAll('\t', ''))).toEqual([]);
      }),
    );
  });
});

describe('credentials in a URI', () => {
  it.each([
    ['s3://AKIAX:abc/d+e=f@bucket/key', 's3://[secret]@bucket/key'],
    ['s3://AKIAX:abc@bucket is wrong', 's3://[secret]@bucket is wrong'],
    ['"https://me:p@ss@host:8080/x"', '"https://[secret]@host:8080/x"'],
    ['https://token@host/x', 'https://[secret]@host/x'],
    [
      'https://b.s3.amazonaws.com/k?X-Amz-Credential=AK%2F1&x=1&X-Amz-Signature=abc&X-Amz-Security-Token=t%3D',
      'https://b.s3.amazonaws.com/k?X-Amz-Credential=[secret]&x=1&X-Amz-Signature=[secret]&X-Amz-Security-Token=[secret]',
    ],
    [
      'https://h/k?AWSAccessKeyId=A&Signature=b%2Fc&Expires=1',
      'https://h/k?AWSAccessKeyId=[secret]&Signature=[secret]&Expires=1',
    ],
    ['s3://bucket/a@b:c and http://127.0.0.1:5000/a@b', 's3://bucket/a@b:c and http://127.0.0.1:5000/a@b'],
  ])('are never shown: %s', (text, shown) => {
    expect([oneLine(text), harmless(text), harmlessLine(text)]).toEqual([shown, shown, shown]);
    expect(withoutSecrets({ a: [text] })).toEqual({ a: [shown] });
    const error = new LandfallError('input', text, { why: [text], next: text });
    expect(formatFailure(error, plain, PLAIN)).toBe(`error  ${shown}\n  ${shown}\n  next: ${shown}`);
  });
});
