/** Rendered programs whose query does more than read: what the driver refuses, written into the program by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** By what it does: the query, and what the step says of it. FILE is a file that must not appear, or not be read. */
export const ACTING: Readonly<Record<string, readonly [query: string, says: string]>> = {
  'runs a command': [`SELECT TRANSFORM(a) USING 'touch "FILE"' AS (b) FROM (SELECT 1 AS a)`, 'hands rows to'],
  'runs a command in WITH': [
    `WITH c AS (SELECT TRANSFORM(a) USING 'touch "FILE"' AS (b) FROM (SELECT 1 AS a)) SELECT * FROM c`,
    'hands rows to a command',
  ],
  'runs a command in a subquery': [
    `SELECT 1 WHERE EXISTS (SELECT TRANSFORM(1) USING 'touch "FILE"' AS (b))`,
    'hands rows to a command',
  ],
  'calls a class': [
    `SELECT reflect('java.nio.file.Files', 'createFile', 'FILE') AS artist_id`,
    'calls reflect',
  ],
  'calls a class deep inside': [
    `SELECT transform(array(1), x -> concat(x, system.builtin.\`Java_Method\`('a', 'b'))) AS a`,
    'calls java_method',
  ],
  'calls by a text': [`SELECT IDENTIFIER('ref' || 'lect')('a', 'b') AS a`, 'hides what it calls'],
  'reads by a text': [`SELECT * FROM IDENTIFIER('parquet.\`/x\`')`, 'hides what it reads'],
  'reads a file': ['SELECT * FROM text.`/etc/passwd`', 'reads text./etc/passwd, which is no view'],
  writes: ['WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c', '[PARSE_SYNTAX_ERROR]'],
};

/** The program of song_transform with the query of songs replaced. */
export function actingProgram(program: string, folder: string, name: string, file: string): string {
  const text = readFileSync(program, 'utf8');
  const query = (ACTING[name]?.[0] ?? '').replaceAll('FILE', file);
  const path = join(folder, `${name}.py`);
  const marked = '# Section engine/run.py';
  const planted = `QUERIES["songs"] = ("tables/song_transform/songs.sql.hbs", 1, ${JSON.stringify(`\n${query}`)})`;
  if (!text.includes(marked)) throw new Error('the program has no section run');
  writeFileSync(
    path,
    text.replace(marked, () => `${planted}\n\n${marked}`),
  );
  return path;
}
