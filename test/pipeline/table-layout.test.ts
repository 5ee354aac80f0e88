import { describe, expect, it } from '@jest/globals';
import { partitionedLayouts } from '../../src/pipeline/table-layout.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { contractWith } from '../../src/pipeline/resolve.ts';
import { defaultsOf } from '../../src/pipeline/parameters.ts';
import type { TemplateFile } from '../../src/pipeline/template-file.ts';
import { templates } from '../spark/spark.ts';
import { tiny } from './tiny.ts';

function layouts(files: readonly TemplateFile[], values = {}) {
  const { pipeline, diagnostics } = loadPipeline(files);
  expect(diagnostics).toEqual([]);
  const all = { ...defaultsOf(pipeline!.parameters), ...values };
  const tables = pipeline!.steps.flatMap(({ writes }) => writes.map((table) => contractWith(table, all)));
  return partitionedLayouts({ pipeline: pipeline!, folder: 'my/pipeline' }, tables, 1000);
}

describe('the layout of the shipped tables', () => {
  const others = [
    ['time', ['year', 'month']],
    ['songplays', ['year', 'month']],
  ];

  it('is shown for partitioned tables, with a bound if the contract implies one', () => {
    const found = layouts(templates().files);
    expect(found.map(({ table, partitionBy }) => [table, partitionBy])).toEqual([
      ['songs', ['year']],
      ...others,
    ]);
    expect(found[0]).toEqual({
      table: 'songs',
      partitionBy: ['year'],
      targetFileSize: 1000,
      atMostLinesOf: 'song_data',
      chosenIn: '[TABLES] songs_partition_by',
    });
    expect(found[2]).toEqual({
      table: 'songplays',
      partitionBy: ['year', 'month'],
      targetFileSize: 1000,
      chosenIn: 'my/pipeline/tables/log_transform/songplays.sql.hbs',
    });
  });

  it('by artist_id makes one file per row of artists, because songs refers to their key', () => {
    const found = layouts(templates().files, { songs_partition_by: ['year', 'artist_id'] });
    expect(found.map(({ table, identifies }) => [table, identifies])).toEqual([
      ['songs', { column: 'artist_id', table: 'artists' }],
      ['time', undefined],
      ['songplays', undefined],
    ]);
  });
});

describe('the layout of a table', () => {
  const cats = (from: string, to: string) => tiny({ 'tables/first/cats.sql.hbs': [from, to] });

  it('by its own key makes one file per row', () => {
    const [own] = layouts(cats('key: [id]', 'key: [year]'));
    expect(own?.identifies).toEqual({ column: 'year', table: 'cats' });
  });

  it('by a part of its key does not', () => {
    const [part] = layouts(cats('key: [id]', 'key: [id, year]'));
    expect(part).toMatchObject({ table: 'cats', partitionBy: ['year'] });
    expect(part?.identifies).toBeUndefined();
  });

  it('has no bound if rows do not correspond to keys of a source', () => {
    expect(layouts(tiny())[0]?.atMostLinesOf).toBe('raw');
    expect(layouts(cats('by: [id]', 'by: [kind]'))[0]?.atMostLinesOf).toBeUndefined();
    expect(layouts(cats('key: [id]', 'key: [id, kind]'))[0]?.atMostLinesOf).toBeUndefined();
  });
});
