/** Columns that a condition names: unknown ones are found without Spark, and nothing else is taken for a column. */
import { describe, expect, it } from '@jest/globals';
import { unknownInCondition } from '../../src/pipeline/condition.ts';
import { mistakes } from './tiny.ts';

const COLUMNS = ['first_at', 'last_at', 'level', 'words', 'select', 'day_count'];

describe('a condition', () => {
  it.each<[string, string[]]>([
    ['last_att >= first_at', ['last_att']],
    ['last_att >= first_at AND NOT levle IS NULL OR last_att < 3', ['last_att', 'levle']],
    ['`last_att` >= first_at', ['last_att']],
    ['upper(levle) = "paid"', ['levle']],
    ['levle IN (\'free\', "paid")', ['levle']],
    ['CASE WHEN levle = 1 THEN lastt ELSE wordz[0] END', ['levle', 'lastt', 'wordz']],
    ['CAST(levle AS DECIMAL(3, 2)) > 1', ['levle']],
    ['exists(wordz, x -> x > y)', ['wordz', 'y']],
    ['level.name = 1 AND levle.name = 1', ['levle']],
    ['level IS DISTINCT FROM levle', ['levle']],
    ['-- levle\nlevle /* wordz */ > 0', ['levle']],
  ])('names columns that its table lacks: %s', (sql, unknown) => {
    expect(unknownInCondition(sql, COLUMNS)).toEqual(unknown);
  });

  it.each([
    'LAST_AT >= `First_At`',
    "level IN ('levle', \"levle\") AND level LIKE 'a%' ESCAPE '!'",
    'level BETWEEN 1 AND 2.5e3 OR level = 1e5 OR level = .5D OR level = 3L',
    'size(filter(words, w -> length(w) > 1)) > 0',
    'aggregate(words, 0, (sum, one) -> sum + length(one), total -> total) > 0',
    'CAST(level AS STRING) = TRY_CAST(last_at AS TIMESTAMP) AND level::INT > 0',
    'CAST(level AS STRUCT<some: INT, other: STRING>).some IS NULL',
    'extract(dow FROM last_at) > 1 AND extract(YEAR FROM last_at) > 2000',
    "trim(BOTH 'x' FROM level) <> '' AND position('x' IN level) > 0",
    "overlay(level PLACING 'x' FROM 1 FOR 2) = 'x' AND substring(level FROM 2) = 'y'",
    "last_at > DATE '2018-11-01' AND last_at < TIMESTAMP'2018-12-01' AND level <> X'1F'",
    "last_at - first_at < INTERVAL '1' DAY + INTERVAL 3 weeks 2 days + INTERVAL '1-2' YEAR TO MONTH",
    'timestampdiff(MINUTE, first_at, last_at) < 90 AND dateadd(QUARTER, 1, first_at) > last_at',
    'last_at < current_timestamp AND level <> current_user AND day_count DIV 2 = 1',
    "level COLLATE utf8_lcase = 'paid' AND last_at AT TIME ZONE 'UTC' > first_at",
    "mask(level, lowerChar => 'q') = 'q' AND named_struct('levle', 1).levle = 1",
    "level LIKE ANY ('a', 'b') AND level RLIKE 'x' AND (level = 1) IS NOT UNKNOWN",
    '`select` > 0 AND level = :levle AND (level > 1) <=> true',
    'words[0] = "x" AND map("a", 1)["a"] = 1 AND level.some.levle = 1',
  ])('has no other unknown name: %s', (sql) => {
    expect(unknownInCondition(sql, COLUMNS)).toEqual([]);
  });

  it('with a mistake is reported on its own line, with the nearest column', () => {
    const check = (sql: string) => ({
      'tables/second/counts.sql.hbs': [
        'checks:\n',
        `checks:\n  - check: condition\n    name: some\n    sql: ${sql}\n`,
      ] as const,
    });
    expect(mistakes(check('catz > 0 AND kind IS NOT NULL'))).toEqual([
      'tables/second/counts.sql.hbs:12: unknown column catz; did you mean cats?',
    ]);
    expect(mistakes(check('cats > 0 AND Kind IS NOT NULL'))).toEqual([]);
  });
});
