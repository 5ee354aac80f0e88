import { describe, expect, it } from '@jest/globals';
import {
  QUARANTINE,
  entryNumber,
  isName,
  isPlainPathOf,
  isRunId,
  isTableName,
  keys,
  parseDataFile,
  parseExecution,
  publicationNumber,
  writerOf,
} from '../../src/lake/layout.ts';

describe('the layout of a lake', () => {
  it.each([1, 7, 999_999, 1_000_000, Number.MAX_SAFE_INTEGER])(
    'reads number %d back from its keys',
    (number) => {
      expect(entryNumber('r1', keys.entry('r1', number))).toBe(number);
      expect(publicationNumber(keys.publication(number))).toBe(number);
    },
  );

  it.each([
    '00001',
    '0000001',
    '000000',
    '-00001',
    '+00001',
    '00001e',
    '1e0005',
    '0x0001',
    '9007199254740993',
    '00000１',
  ])('does not accept %s as a number', (digits) => {
    expect(entryNumber('r1', `_landfall/runs/r1/journal/${digits}.json`)).toBeUndefined();
    expect(publicationNumber(`_landfall/published/${digits}.json`)).toBeUndefined();
  });

  it('does not accept a key of another kind or run as an entry', () => {
    expect(entryNumber('r1', keys.entry('r2', 1))).toBeUndefined();
    expect(entryNumber('r1', `x/${keys.entry('r1', 1)}`)).toBeUndefined();
    expect(publicationNumber(keys.entry('r1', 1))).toBeUndefined();
    expect(publicationNumber('_landfall/published/x/000001.json')).toBeUndefined();
  });

  it.each(['__proto__', ...Object.getOwnPropertyNames(Object.prototype)])(
    'does not accept %s as a name',
    (name) => {
      expect(isName(name)).toBe(false);
      expect(isName(`${name.toLowerCase().replaceAll('_', '')}_1`)).toBe(true);
    },
  );

  it('reads executions and data files back from their keys', () => {
    const execution = keys.execution(keys.attempt('r1', 'songs', 2), 'application_1_2-0a');
    expect(parseExecution(execution)).toEqual({ run: 'r1', step: 'songs', attempt: 2, execution });
    expect(parseDataFile(`${keys.table(execution, 't')}year=2004/a=%2F/part-0.parquet`)).toEqual({
      run: 'r1',
      execution: 'application_1_2-0a',
      table: 't',
      name: 'year=2004/a=%2F/part-0.parquet',
    });
  });

  it.each(['r1', 'r.1', 'r1.local-1-ff', 'r', '1.2.'])(
    'knows the data files of run %s by their names',
    (run) => {
      const execution = keys.execution(keys.attempt(run, 's', 1), 'local-1-ff');
      const key = `${keys.table(execution, QUARANTINE)}part-0.parquet`;
      expect(key.startsWith(keys.dataOfRun(QUARANTINE, run))).toBe(true);
      expect(writerOf({ key, size: 1 })).toMatchObject({ run, execution: 'local-1-ff' });
      expect(keys.written(writerOf({ key, size: 1 })!, QUARANTINE)).toBe(keys.table(execution, QUARANTINE));
    },
  );

  it.each([
    'delta/t/local-1-ff/part-0.parquet',
    'delta/t/.local-1-ff/part-0.parquet',
    'delta/t/r1.elsewhere/part-0.parquet',
    'delta/t/r1.local-1-ff',
    'delta/T/r1.local-1-ff/part-0.parquet',
    'delta/delta/r1.local-1-ff/part-0.parquet',
    'delta/../r1.local-1-ff/part-0.parquet',
    'x/delta/t/r1.local-1-ff/part-0.parquet',
    'delta/t/r1.local-1-ff/notes.txt',
    'delta/t/r1.local-1-ff/theirs.parquet',
  ])('takes %s for nothing that an execution wrote', (key) => {
    expect(writerOf({ key, size: 1 })).toBeUndefined();
  });

  it.each(['delta', 'quarantine', 'objects'])('takes %s for no table of a pipeline', (name) => {
    expect(isTableName(name)).toBe(false);
    expect(isTableName(`${name}_1`)).toBe(true);
  });

  it.each([
    '_landfall/runs/../steps/s/1/local-1-ff',
    '_landfall/runs/r1/steps/S/1/local-1-ff',
    '_landfall/runs/r1/steps/s/0/local-1-ff',
    '_landfall/runs/r1/steps/s/01/local-1-ff',
    '_landfall/runs/r1/steps/s/1/elsewhere',
    '_landfall/runs/r1/steps/s/1/local-1-ff/',
    '_landfall/runs/r1/steps/s/1/../local-1-ff',
    '/_landfall/runs/r1/steps/s/1/local-1-ff',
    '_landfall/runs/r1/steps/s/99999999999999999999/local-1-ff',
    '_landfall/runs/r1/journal',
  ])('does not accept %s as an execution', (key) => {
    expect(parseExecution(key)).toBeUndefined();
  });

  it.each([
    '../a.parquet',
    'a/b.parquet',
    'year=1//a.parquet',
    '_hidden.parquet',
    '.parquet',
    'a.txt',
    'year=1/../a.parquet',
    '',
  ])('does not accept %j as the name of a data file', (name) => {
    expect(parseDataFile(`delta/t/r1.local-1-ff/${name}`)).toBeUndefined();
  });

  it('recognises a plain path by its table, partition, run and an existing number', () => {
    const file = parseDataFile('delta/t/r1.local-1-ff/y=1/a.parquet')!;
    const of = { run: 'r-2', publication: 12 };
    const wrong = ['t/y=1/r-2-13-a.parquet', 't/y=1/r-2-0-a.parquet'];
    const others = [
      't/y=2/r-2-1-a.parquet',
      't/y=1/-1-a.parquet',
      't/y=1/.r-1-a.parquet',
      't/y=1/r/s-1-a.parquet',
      't/y=1/a.parquet',
      't/y=1/r-2-1e0-a.parquet',
    ];
    expect([...wrong, ...others].filter((key) => isPlainPathOf(file, of.publication, key))).toEqual([]);
    expect(isPlainPathOf(file, of.publication, keys.plainFile('t', of, file.name))).toBe(true);
    expect(isPlainPathOf(file, of.publication, 't/y=1/r1-3-a.parquet')).toBe(true);
  });

  it.each(['', '.', '..', '.r', 'a/b', '$(x)', 'a b', 'r\n', 'x'.repeat(65)])(
    'does not accept %j as a run id',
    (id) => {
      expect(isRunId(id)).toBe(false);
    },
  );
});
