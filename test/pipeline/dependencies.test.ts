/** What a table depends on beside its contract and query. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { dependenciesOf } from '../../src/pipeline/dependencies.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import { songs } from '../lake/plans.ts';
import { TINY, TINY_ENGINE, tiny } from './tiny.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const CATS = Object.keys(TINY)[2]!;

function rendered(parameters: ParameterValues = {}) {
  const edits = { [CATS]: ['resolves:', 'rebuild: { by: [year] }\nresolves:'] as [string, string] };
  const { pipeline, diagnostics } = loadPipeline(tiny(edits));
  expect(diagnostics).toEqual([]);
  return renderSteps({ pipeline: pipeline!, engine: TINY_ENGINE }, parameters, sha256).steps;
}

describe('the dependencies of a table', () => {
  it('are the views and tables that its query reads, and those that its checks look at', () => {
    expect(rendered().map(({ dependencies }) => dependencies)).toEqual([
      { cats: { query: ['felines'], checks: ['felines'] } },
      { counts: { query: ['cats'], checks: ['cats'] } },
    ]);
  });

  it.each([
    ['SELECT * FROM Plays', ['plays']],
    ['WITH x AS (SELECT * FROM `plays`) SELECT * FROM x JOIN users USING (id)', ['plays', 'users']],
    ['SELECT (SELECT max(ts) FROM plays) AS latest', ['plays']],
    ['SELECT users FROM plays', ['plays', 'users']],
    ["SELECT 'users' AS x -- plays\n", []],
  ])('are every name that occurs in %j as a name', (query, expected) => {
    expect(dependenciesOf({ contract: songs, query }, ['plays', 'users']).query).toEqual(expected);
  });
});

it('a table that a parameter partitions by other columns than those of rebuild is always made whole', () => {
  const rebuilt = (layout: string[]) => rendered({ layout })[0]!.tables[0]!.rebuild;
  expect(rebuilt(['year', 'kind'])).toEqual({ by: ['year'] });
  expect(rebuilt(['kind'])).toBeUndefined();
});
