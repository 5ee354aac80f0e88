/** Queries that do more than read, and conditions that fail: written by hand into the rendered song_transform. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Job, JobResult } from './batch.ts';

/** By what it does: the query, and what the step says about it. FILE is a file that must not appear, or not be read. */
const ACTING: Readonly<Record<string, readonly [query: string, says: string]>> = {
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
  'reads a file': ['SELECT * FROM text.`/etc/passwd`', 'reads text./etc/passwd, which is not a view'],
  writes: ['WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c', '[PARSE_SYNTAX_ERROR]'],
};

/** By what is wrong with it: a condition on songs, and what the step says about it. */
const CONDITIONS: Readonly<Record<string, readonly [sql: string, says: string]>> = {
  'names no column': ['titel IS NOT NULL', 'is invalid: [UNRESOLVED_COLUMN'],
  'is not boolean': ['duration + 1', 'is invalid: [DATATYPE_MISMATCH'],
  'counts rows': ['count(*) > 1', 'is invalid: [INVALID_WHERE_CONDITION]'],
  'does not parse': ['duration >', 'is invalid: [PARSE_SYNTAX_ERROR]'],
  'calls a class': [
    `reflect('java.nio.file.Files', 'createFile', 'FILE') IS NULL`,
    'calls reflect, which runs a method of a Java class; it may only read columns',
  ],
  'has a subquery': ['duration > (SELECT 1)', 'has a subquery'],
  'depends on chance': ['rand() < 2', 'is not deterministic'],
};

/** A song on which the condition fails. */
const FAILING = {
  song: '{"song_id": "SO1", "artist_id": "AR1", "title": "Silence", "duration": 0}',
  sql: '100 / duration > 0',
};
/** Removes the files of songs before they are checked. */
const VANISHING = `count_as_written = count_together
def count_together(table, frame, *counts):
    for uri in frame.inputFiles() if table["name"] == "songs" else []:
        os.remove(decoded(uri)[len("file://"):])
    return count_as_written(table, frame, *counts)`;
const SONGS = 'tables/song_transform/songs.sql.hbs';
const LINE = 7;

/** The program of song_transform with the query of songs replaced. */
const withQuery = (program: string, path: string, query: string) =>
  plantedProgram(program, path, `QUERIES["songs"] = ("${SONGS}", 1, ${JSON.stringify(`\n${query}`)})`);

/** The program of song_transform with one more check of songs. */
const withCondition = (program: string, path: string, sql: string, more = '') => {
  const check = { check: 'condition', severity: 'warn', name: 'some', sql, line: LINE };
  return plantedProgram(program, path, `TABLES[0]["checks"].append(${JSON.stringify(check)})\n${more}`);
};

/** The jobs, below `folder`. `program`: the rendered song_transform. */
export function actingJobs(program: string, folder: string): { name: string; job: Job }[] {
  for (const [place, line] of [['none', ''] as const, ['one', FAILING.song] as const]) {
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, place, 'songs.json'), line);
  }
  const uri = (name: string) => `file://${join(folder, name)}`;
  const job = (name: string, its: string, songs = 'none') => ({
    name,
    job: { program: its, arguments: ['--output', uri(`${name}.out`), '--source', `song_data=${uri(songs)}`] },
  });
  const path = (name: string) => join(folder, `${name}.py`);
  const planted = (text: string) => text.replaceAll('FILE', join(folder, 'planted'));
  return [
    ...Object.entries(ACTING).map(([name, [query]]) =>
      job(name, withQuery(program, path(name), planted(query))),
    ),
    ...Object.entries(CONDITIONS).map(([name, [sql]]) =>
      job(`condition ${name}`, withCondition(program, path(`condition ${name}`), planted(sql))),
    ),
    job('condition on a row', withCondition(program, path('condition on a row'), FAILING.sql), 'one'),
    job('files vanish', withCondition(program, path('files vanish'), 'duration >= 0', VANISHING), 'one'),
  ];
}

/** Registers the tests of the jobs' results. */
export function testActing(results: Readonly<Record<string, JobResult>>, folder: () => string): void {
  it.each(Object.entries(ACTING))('a query that %s is refused before anything is read', (name, [, says]) => {
    const { failure, parsed } = results[name]!;
    expect(failure).toEqual({
      kind: 'query',
      error: expect.stringContaining(says) as unknown,
    });
    expect(parsed).toEqual({});
    expect(existsSync(join(folder(), 'planted'))).toBe(false);
  });

  it.each(Object.entries(CONDITIONS))(
    'a condition that %s is refused before anything is read',
    (name, [, says]) => {
      const { failure, place, parsed } = results[`condition ${name}`]!;
      expect(failure).toEqual({
        kind: 'query',
        error: expect.stringContaining(`the condition some of songs ${says}`) as unknown,
      });
      expect({ place, parsed }).toEqual({ place: ['songs', SONGS, LINE], parsed: {} });
      expect(existsSync(join(folder(), 'planted'))).toBe(false);
    },
  );

  it('a condition that divides by zero fails the step, which names it and its line', () => {
    const { failure, place } = results['condition on a row']!;
    expect(failure).toEqual({
      kind: 'query',
      error: expect.stringMatching(
        /^the condition some of songs fails on a row: \[DIVIDE_BY_ZERO\] Division by zero\./,
      ) as unknown,
    });
    expect(place).toEqual(['songs', SONGS, LINE]);
  });

  it('a table whose files vanish fails the step, and no condition is blamed for it', () => {
    const { failure, place } = results['files vanish']!;
    expect(failure).toEqual({
      kind: 'spark',
      error: expect.stringMatching(/^checking songs: .*songs.*\.parquet/) as unknown,
    });
    expect(place).toEqual(['songs', null, null]);
  });
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
