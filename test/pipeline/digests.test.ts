/** The digests of what decides the content of tables and sources. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Digests, Engine } from '../../src/pipeline/contract.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { renderSteps } from '../../src/pipeline/render.ts';
import type { ParameterValues } from '../../src/pipeline/parameters.ts';
import { TINY, TINY_ENGINE, tiny } from './tiny.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Changed {
  edits?: Parameters<typeof tiny>[0];
  parameters?: ParameterValues;
  engine?: Engine;
}

function digests({ edits = {}, parameters = {}, engine = TINY_ENGINE }: Changed = {}): Digests {
  const { pipeline, diagnostics } = loadPipeline(tiny(edits));
  expect(diagnostics).toEqual([]);
  const rendered = renderSteps({ pipeline: pipeline!, engine }, parameters, sha256);
  expect(rendered.diagnostics).toEqual([]);
  return rendered.digests;
}

/** Names of the sources and tables whose digest is another one. */
function changedBy(changed: Changed): string[] {
  const all = ({ sources, tables }: Digests) => ({ ...sources, ...tables });
  const [before, now] = [all(digests()), all(digests(changed))];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => before[name] !== now[name],
  );
}

const [PIPELINE, RAW, CATS, COUNTS] = Object.keys(TINY) as [string, string, string, string];

describe('the digests of sources and tables', () => {
  it('are one for each source that is read and each table, and the same each time', () => {
    expect(digests()).toEqual({
      sources: { raw: expect.stringMatching(/^[0-9a-f]{64}$/) },
      tables: {
        cats: expect.stringMatching(/^[0-9a-f]{64}$/),
        counts: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(changedBy({})).toEqual([]);
  });

  it.each<[string, Changed]>([
    ['the words about a source', { edits: { [RAW]: ['doc: Raw cats.', 'doc: Cats as they come.'] } }],
    ['the words about a field', { edits: { [RAW]: ['doc: Number.', 'doc: Their number.'] } }],
    ['the words about a table', { edits: { [COUNTS]: ['doc: Cats a kind.', 'doc: All cats.'] } }],
    [
      'the line that a condition stands on',
      {
        edits: { [COUNTS]: ['checks:', '# Two lines.\n# More.\nchecks:'] },
      },
    ],
    [
      'whether only partitions of a table may be made again',
      { edits: { [CATS]: ['resolves:', 'rebuild: { by: [year] }\nresolves:'] } },
    ],
    ['the words about a step', { edits: { [PIPELINE]: ['doc: Makes cats.', 'doc: Makes all cats.'] } }],
    ['the name of a step', { edits: { [PIPELINE]: ['name: tiny', 'name: tinier'] } }],
  ])('do not depend on %s', (_, changed) => {
    expect(changedBy(changed)).toEqual([]);
  });

  it.each<[string, Changed, string[]]>([
    ['a query', { edits: { [COUNTS]: ['SELECT', 'SELECT  '] } }, ['counts']],
    ['a field of a source', { edits: { [RAW]: ['below: 10', 'below: 11'] } }, ['raw']],
    ['a filter of a view', { edits: { [RAW]: ['equals: cat', 'equals: dog'] } }, ['raw']],
    ['a check of a table', { edits: { [COUNTS]: ['min: 1', 'min: 2'] } }, ['counts']],
    ['whether a table is published', { edits: { [COUNTS]: ['internal: true\n', ''] } }, ['counts']],
    ['a parameter', { parameters: { shape: 'text' } }, ['cats']],
    ['a list of partitions', { parameters: { layout: ['kind'] } }, ['cats']],
    ['the size of files', { parameters: { target_file_size: 1_000_000 } }, ['cats', 'counts']],
    [
      'the engine',
      { engine: { ...TINY_ENGINE, modules: { ...TINY_ENGINE.modules, lines: 'X = 2\n' } } },
      ['raw', 'cats', 'counts'],
    ],
    [
      'the frame of programs',
      { engine: { ...TINY_ENGINE, frame: `${TINY_ENGINE.frame}#\n` } },
      ['raw', 'cats', 'counts'],
    ],
  ])('depend on %s', (_, changed, names) => {
    expect(changedBy(changed)).toEqual(names);
  });
});
