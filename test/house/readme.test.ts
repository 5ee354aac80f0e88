/** What the README says of flags, exit codes and verbs is what the code says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { verbs } from '../../src/commands/verbs.ts';
import { settingsTable } from '../../src/config/example.ts';
import { EXIT_CODES } from '../../src/faults.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The cells of each row of a Markdown table, whatever its padding. */
const rows = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

it('lists every setting as the schema has it', () => {
  const stated = rows(readme.slice(readme.indexOf('## dl.cfg')));
  const declared = rows(settingsTable(['song_data', 'log_data'])).filter(
    (cells) => !cells.some((cell) => /^-+$/.test(cell)),
  );
  for (const row of declared) expect(stated).toContainEqual(row);
  expect(stated).toHaveLength(declared.length + 1);
});

it('lists every verb and no other', () => {
  const table = rows(readme.slice(readme.indexOf('## Commands'), readme.indexOf('## Exit codes'))).slice(2);
  const listed = table.flatMap(([, names = '']) => names.match(/[a-z-]+/g) ?? []);
  expect(listed.sort()).toEqual(verbs.map(({ name }) => name).sort());
});

it('lists every exit code', () => {
  const table = rows(readme.slice(readme.indexOf('## Exit codes'), readme.indexOf('## dl.cfg'))).slice(2);
  const listed = table.flatMap(([, codes = '']) => codes.split(', ').map(Number));
  expect(listed).toEqual([0, ...Object.values(EXIT_CODES), 130, 143]);
});

it('names only scripts that package.json has', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, script = '']) => script);
  for (const script of named) expect(Object.keys(scripts)).toContain(script);
});
