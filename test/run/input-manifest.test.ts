import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changesOf, difference } from '../../src/run/difference.ts';
import { checkInputs, manifestLines, readListing } from '../../src/run/input-manifest.ts';
import type { ObjectInStore } from '../../src/run/input-manifest.ts';

const listed = (key: string, size = 1, etag = 'e'): ObjectInStore => ({
  key,
  size,
  etag,
  lastModified: new Date(0),
});

async function* listing(objects: readonly ObjectInStore[]): AsyncIterable<ObjectInStore> {
  for (const object of objects) yield await Promise.resolve(object);
}

const read = (objects: readonly ObjectInStore[]) =>
  readListing('log_data', 's3://raw/log_data', listing(objects));

describe('reading a listing', () => {
  it('takes .json and .json.gz at any depth and counts ignored objects', async () => {
    const keys = [
      'b.json',
      'A/B/a.json.gz',
      'a.JSON',
      'x.json.tmp',
      '.hidden.json',
      '_SUCCESS',
      '_tmp/a.json',
      'A/.x/a.json',
      'A/',
    ];
    const { objects, skipped, bytes } = await read(keys.map((key) => listed(key)));
    expect(objects.map(({ key }) => key)).toEqual(['A/B/a.json.gz', 'b.json']);
    expect({ skipped, bytes }).toEqual({ skipped: 7, bytes: 2 });
  });

  it('gives the same manifest for any order of the listing', async () => {
    const objects = ['c.json', 'a b.json', 'ü=%+#[.json'].map((key) => listed(key));
    const one = [...manifestLines([await read(objects)])];
    const other = [...manifestLines([await read([...objects].reverse())])];
    expect(one).toEqual(other);
    expect(JSON.parse(one[0] ?? '')).toEqual({
      source: 'log_data',
      key: 'a b.json',
      uri: 's3://raw/log_data/a b.json',
      size: 1,
      etag: 'e',
      last_modified: '1970-01-01T00:00:00.000Z',
    });
  });

  it('reports a mistake if nothing is left to read', async () => {
    expect(checkInputs([await read([])])[0]?.message).toContain('no input for');
    expect(checkInputs([await read([listed('x.csv')])])[0]?.message).toContain('none of the 1 objects');
    expect(checkInputs([await read([listed('x.json')])])).toEqual([]);
  });

  it('reports a mistake if objects are in folders without a name, where Spark finds nothing', async () => {
    const keys = ['a/b.json', '/lead.json', 'a//b.json'].map((key) => listed(key));
    expect(checkInputs([await read(keys)])).toEqual([
      expect.objectContaining({
        at: 's3://raw/log_data//lead.json',
        message: 'Spark cannot reach this object and 1 more: a folder in its name is empty',
      }),
    ]);
  });

  it('reports a mistake if a local file has a colon in its name, but not an object in S3', async () => {
    const keys = ['12:00/a.json', 'b.json', 'c/12:00.json'].map((key) => listed(key));
    const found = await read(keys);
    expect(checkInputs([found])).toEqual([]);
    expect(checkInputs([{ ...found, uri: 'file:///raw/log_data' }])).toEqual([
      expect.objectContaining({
        at: 'file:///raw/log_data/c/12:00.json',
        message: 'Spark cannot reach this object: its name holds a colon',
      }),
    ]);
    const single = { ...found, uri: 'file:///raw/1:2.json', objects: [{ ...listed(''), modified: 0 }] };
    expect(checkInputs([single]).map(({ at }) => at)).toEqual(['file:///raw/1:2.json']);
  });
});

describe('inputs that changed since a manifest was written', () => {
  it('are the same as two sets of objects would show', async () => {
    const contents = fc.dictionary(
      fc.constantFrom('a', 'a/b', 'a0', 'b', 'ä', 'z/1', 'z/2'),
      fc.integer({ min: 1, max: 2 }),
    );
    const inputs = async (sources: Record<string, number>[]) =>
      Promise.all(
        sources.map((objects, at) =>
          readListing(
            `s${String(at)}`,
            `s3://raw/s${String(at)}`,
            listing(Object.entries(objects).map(([name, size]) => listed(`${name}.json`, size))),
          ),
        ),
      );
    await fc.assert(
      fc.asyncProperty(fc.tuple(contents, contents), fc.tuple(contents, contents), async (before, after) => {
        const lines = async function* () {
          for (const line of manifestLines(await inputs(before))) yield line;
        };
        const expected = before.flatMap((objects, at) => {
          const now = after[at]!;
          const place = `s${String(at)}/`;
          return [
            ...Object.keys(objects)
              .filter((name) => !(name in now))
              .map((name) => `s3://raw/${place}${name}.json is gone`),
            ...Object.keys(objects)
              .filter((name) => name in now && now[name] !== objects[name])
              .map((name) => `s3://raw/${place}${name}.json changed`),
            ...Object.keys(now)
              .filter((name) => !(name in objects))
              .map((name) => `s3://raw/${place}${name}.json is new`),
          ];
        });
        const { first, count } = changesOf(await difference(lines(), await inputs(after), 100));
        expect([...first].sort()).toEqual(expected.sort());
        expect(count).toBe(expected.length);
      }),
    );
  });
});
