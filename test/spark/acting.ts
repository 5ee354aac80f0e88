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

/** By what is wrong with it: a condition on songs, and what the step says of it. */
export const CONDITIONS: Readonly<Record<string, readonly [sql: string, says: string]>> = {
  'names no column': ['titel IS NOT NULL', 'is wrong: [UNRESOLVED_COLUMN'],
  'is not boolean': ['duration + 1', 'is wrong: [DATATYPE_MISMATCH'],
  'counts rows': ['count(*) > 1', 'is wrong: [INVALID_WHERE_CONDITION]'],
  'does not parse': ['duration >', 'is wrong: [PARSE_SYNTAX_ERROR]'],
  'calls a class': [
    `reflect('java.nio.file.Files', 'createFile', 'FILE') IS NULL`,
    'calls reflect, which runs a method of a Java class; it may only read columns',
  ],
  'has a subquery': ['duration > (SELECT 1)', 'has a subquery'],
  'depends on chance': ['rand() < 2', 'does not have the same result each time'],
};

/** The program of song_transform with the query of songs replaced. */
export function actingProgram(program: string, folder: string, name: string, file: string): string {
  const query = (ACTING[name]?.[0] ?? '').replaceAll('FILE', file);
  const planted = `QUERIES["songs"] = ("tables/song_transform/songs.sql.hbs", 1, ${JSON.stringify(`\n${query}`)})`;
  return plantedProgram(program, join(folder, `${name}.py`), planted);
}

/** The program of song_transform with one more check of songs. */
export function conditionProgram(program: string, folder: string, name: string, file: string): string {
  const sql = (CONDITIONS[name]?.[0] ?? '').replaceAll('FILE', file);
  const check = JSON.stringify({ check: 'condition', severity: 'warn', name: 'some', sql });
  return plantedProgram(
    program,
    join(folder, `condition ${name}.py`),
    `TABLES[0]["checks"].append(${check})`,
  );
}

function plantedProgram(program: string, path: string, planted: string): string {
  const text = readFileSync(program, 'utf8');
  const marked = '# Section engine/run.py';
  if (!text.includes(marked)) throw new Error('the program has no section run');
  writeFileSync(
    path,
    text.replace(marked, () => `${planted}\n\n${marked}`),
  );
  return path;
}
