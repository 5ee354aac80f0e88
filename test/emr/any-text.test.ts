import { describe, expect, it } from '@jest/globals';
import { misreadPlace } from '../../src/config/misread-place.ts';
import { cutPattern } from '../../src/config/legacy.ts';
import { interpolate } from '../../src/config/interpolate.ts';
import { isPlaceholderCredential } from '../../src/config/placeholder.ts';
import { looksSecret } from '../../src/config/secret.ts';
import { failureDetails } from '../../src/emr-local/failure-details.ts';
import { lineCutter } from '../../src/emr/line-cutter.ts';
import { LONGEST_LINE, MOST_LINES, lastLinesOf } from '../../src/emr/log-lines.ts';
import { plainLogUri } from '../../src/emr/explain.ts';
import { applicationIn } from '../../src/emr/step-logs.ts';
import { lastLines, ownFailureIn, shorten, tellingLines } from '../../src/emr/telling-lines.ts';
import { withoutUriSecrets } from '../../src/redaction.ts';
import { harmless, harmlessLine, jsonText, linesOf, oneLine } from '../../src/report/harmless.ts';
import { harmlessWords } from '../../src/store/credential-process.ts';
import { cpuMs, longTexts } from '../support/long-texts.ts';

/** How text from outside is processed. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'the telling lines of stdout': (text) => tellingLines({ stdout: text, stderr: '', pipeline: 'p' }),
  'the telling lines of stderr': (text) => tellingLines({ stdout: '', stderr: text, pipeline: 'p' }),
  'the last lines': (text) => lastLines(text, 200),
  "the program's own failure": ownFailureIn,
  'a shortened line': shorten,
  'the name of an application': (text) => applicationIn(text.split('\n')),
  'whole lines': (text) => lineCutter().push(Buffer.from(text)),
  "EMR's details of a failure": (text) => failureDetails({ stderr: text, stdout: text }, () => undefined),
  'a place of logs': plainLogUri,
  'one harmless line': oneLine,
  'harmless lines': harmless,
  'a line of a log': harmlessLine,
  'lines for a block': linesOf,
  JSON: jsonText,
  'URIs without secrets': withoutUriSecrets,
  'words of a credential process': harmlessWords,
  'the look of a secret': looksSecret,
  'a placeholder': isPlaceholderCredential,
  interpolation: (text) => interpolate(text, () => undefined),
  'a place': misreadPlace,
  'a pattern of files': cutPattern,
};

const SIZE = 240_000;
const texts = longTexts(SIZE);
const quarters = new Map(longTexts(SIZE / 4));
/** Below this, the time does not show how it grows. */
const MOMENT_MS = 200;

describe.each(Object.entries(READERS))('looking for %s', (_, read) => {
  it('takes at most twice the proportional time for a text four times as long', () => {
    const isSlow = (name: string, text: string) => {
      const whole = cpuMs(() => read(text));
      return whole > MOMENT_MS && whole > 8 * cpuMs(() => read(quarters.get(name) ?? ''));
    };
    // Three times, because a busy machine can make a single measurement slow.
    const slow = texts.filter(([name, text]) => [1, 2, 3].every(() => isSlow(name, text)));
    expect(slow.map(([name]) => name)).toEqual([]);
  });
});

describe('of a log', () => {
  it('only the last lines are searched, and only the beginning of each', () => {
    const lines = lastLinesOf(`first\n${'\n'.repeat(MOST_LINES)}${'x'.repeat(LONGEST_LINE + 1)}`);
    expect(lines).toHaveLength(MOST_LINES);
    expect(lines.at(-1)).toHaveLength(LONGEST_LINE);
    expect(lastLinesOf('a\n\nb \n')).toEqual(['a', '', 'b', '']);
    expect(lastLinesOf('')).toEqual(['']);
  });

  it('only the last of our failure lines are parsed, however many there are', () => {
    const failure = 'LANDFALL-FAILURE {"error":"why"}';
    expect(ownFailureIn(`${failure}\n${'LANDFALL-FAILURE x\n'.repeat(5)}`)).toEqual({ error: 'why' });
    expect(ownFailureIn(`${failure}\n${'LANDFALL-FAILURE x\n'.repeat(20)}`)).toBeUndefined();
  });

  it('a long line is split into parts, and no character is cut in two', () => {
    const cutter = lineCutter(4);
    expect(cutter.push(Buffer.from('abc\u{1f600}defgh\nx\n'))).toEqual(['abc', '\u{1f600}de', 'fgh', 'x']);
    expect(cutter.end()).toEqual([]);
  });
});
