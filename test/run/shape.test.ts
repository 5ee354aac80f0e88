import { expect, it } from '@jest/globals';
import type { TableContract } from '../../src/pipeline/contract.ts';
import type { PlannedStep } from '../../src/run/plan.ts';
import { shapeDifferences } from '../../src/run/shape.ts';

const table = (name: string, columns: Record<string, string>, partitionBy: string[] = []) =>
  ({
    name,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      nullable: false,
      doc: '',
    })),
    partitionBy,
    checks: [],
  }) as unknown as TableContract;

const step = (name: string, ...tables: TableContract[]): PlannedStep => ({
  name,
  digest: name,
  sources: [],
  upstreams: [],
  tables,
  dependencies: {},
});

const songs = table('songs', { song_id: 'STRING', year: 'INT' }, ['year']);
const before = { steps: [step('a', songs), step('b', table('users', { user_id: 'BIGINT' }))] };

it('nothing differs if only programs and contracts changed', () => {
  const mended = { ...songs, checks: [{}] } as unknown as TableContract;
  const after = { steps: before.steps.map((one) => ({ ...one, digest: 'other' })) };
  expect(shapeDifferences(before, after)).toEqual([]);
  expect(shapeDifferences({ steps: [step('a', songs)] }, { steps: [step('a', mended)] })).toEqual([]);
});

it('differences of steps, tables, columns, types and partitions are listed one by one', () => {
  const after = {
    steps: [step('a', table('songs', { song_id: 'BIGINT', title: 'STRING' }), table('extra', {})), step('c')],
  };
  expect(shapeDifferences(before, after)).toEqual([
    'step b is gone',
    'step c is new',
    'step a writes a new table, extra',
    'songs.year is gone',
    'songs.title is new',
    'songs.song_id is BIGINT, and was STRING',
    'songs is partitioned by nothing, and was by year',
  ]);
  expect(shapeDifferences(after, before)).toContain('step a no longer writes table extra');
});
