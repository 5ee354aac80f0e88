/** The fault table names existing tests by their titles, and has a row for every fault. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const tests = join(import.meta.dirname, '..');
const table = readFileSync(join(tests, 'FAULTS.md'), 'utf8');
const named = [...table.matchAll(/`([\w/-]+\.test\.ts)`: (.+?)(?=<br>| +\|)/g)].map(
  ([, file = '', title = '']) => ({
    file,
    title,
  }),
);

it('names only existing tests, by their titles', () => {
  const titled = ({ file, title }: (typeof named)[number]) => {
    if (!existsSync(join(tests, file))) return false;
    const text = readFileSync(join(tests, file), 'utf8');
    return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted));
  };
  expect(named.length).toBeGreaterThan(80);
  expect(named.filter((one) => !titled(one))).toEqual([]);
});

it('has a row for every fault of its sections', () => {
  const faults = [...table.slice(0, table.indexOf('## Not tested')).matchAll(/^\| ([A-H]\d+) /gm)];
  const numbered = (section: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${section}${String(n + 1)}`);
  expect(faults.map(([, number]) => number)).toEqual([
    ...numbered('A', 10),
    ...numbered('B', 4),
    ...numbered('C', 8),
    ...numbered('D', 8),
    ...numbered('G', 2),
    ...numbered('H', 2),
  ]);
});
