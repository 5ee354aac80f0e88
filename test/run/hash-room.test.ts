/** Whether hashes are long enough for the rows that the inputs can make. */
import { describe, expect, it } from '@jest/globals';
import { formatDiagnostic } from '../../src/faults.ts';
import type { Column, TableContract } from '../../src/pipeline/contract.ts';
import { shortHashes } from '../../src/run/hash-room.ts';
import type { HashedTable } from '../../src/run/hash-room.ts';

const LINE = '{"seen":1,"cat":"Tom"}\n';
const id = (more: Partial<Column>): Column => ({
  name: 'sighting_id',
  type: 'BIGINT',
  nullable: false,
  doc: 'Hash of the sighting.',
  ...more,
});

function sightings(column: Column, checks: TableContract['checks'], types = {}): HashedTable {
  const contract: TableContract = {
    name: 'sightings',
    doc: 'Cats that were seen.',
    columns: [column],
    key: ['sighting_id'],
    partitionBy: [],
    sortBy: [],
    mayBeEmpty: false,
    internal: false,
    checks,
  };
  return { contract, varying: { types } };
}

const sources = [
  {
    name: 'cats',
    doc: 'Cats.',
    fields: [],
    views: [{ name: 'seen_cats', doc: '', required: [], eventKey: [] }],
  },
];
const rowsOfView: TableContract['checks'] = [{ check: 'row_count', severity: 'error', equals: 'seen_cats' }];

/** What is said if the source has so many lines like `LINE`, of which the first `known` were read. */
function said(
  lines: number,
  column: Column,
  { checks = rowsOfView, types = {}, packing = 1, text = LINE.repeat(3), isWhole = false } = {},
) {
  const bytes = (lines * LINE.length) / packing;
  const input = { source: 'cats', uri: 's3://raw/cats', objects: [], bytes, skipped: 0, skippedBy: {} };
  const stored = text.length / packing;
  const beginning = { source: 'cats', uri: 's3://raw/cats/1.json', text, stored, isWhole, isAlone: false };
  return shortHashes([sightings(column, checks, types)], sources, [input], [beginning]).map(formatDiagnostic);
}

describe('a hash that identifies rows', () => {
  const hash = id({ hashBits: 60 });
  const tooShort =
    'sightings.sighting_id: a hash of 60 bits is too short: cats has about 200,000,000 lines, so two rows of sightings would get the same one with a probability of 1.7 %; make it a longer hash, as STRING';

  it('is too short if two of the rows would be likely to share it, as estimated from the bytes of the input', () => {
    expect(said(100_000_000, hash)).toEqual([]);
    expect(said(200_000_000, hash)).toEqual([tooShort]);
    expect(said(200_000_000, hash, { packing: 8 })).toEqual([tooShort]);
    expect(said(200_000_000, hash, { text: LINE.trimEnd(), isWhole: true })).toHaveLength(1);
    expect(said(1_000_000, id({ hashBits: 31 }))).toHaveLength(1);
  });

  it('names the parameter that makes it a text', () => {
    const types = { sighting_id: { parameter: 'ids', types: { short: 'BIGINT', long: 'STRING' } } };
    expect(said(2e8, hash, { types })[0]).toMatch(/; set \[TABLES\] ids = long$/);
  });

  it('is long enough as a text, and never judged where the rows are not those of a view, or no line is known', () => {
    expect(said(1e12, id({ type: 'STRING', hashBits: 60 }))).toEqual([]);
    expect(said(1e12, id({}))).toEqual([]);
    expect(said(1e12, hash, { checks: [] })).toEqual([]);
    expect(said(1e12, hash, { text: 'half a li' })).toEqual([]);
  });
});
