import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { booksFindings } from '../../src/lake/books.ts';
import { books, viewBooks } from './plans.ts';

const expected = { objects: 4, views: ['song_data'], maxQuarantined: 0.01 };
const messages = (...args: Parameters<typeof books>) =>
  booksFindings('song_data', books(...args), expected).map(({ message }) => message);

describe('the books of a source', () => {
  it('give no finding if they balance', () => {
    expect(messages()).toEqual([]);
  });

  it.each(['kept', 'filtered', 'duplicates'] as const)(
    'do not balance if %s lines of a view are one too many or too few',
    (field) => {
      const { lines } = viewBooks();
      for (const by of [1, -1]) {
        const said = messages({ [field]: lines[field] + by });
        expect(said).toEqual([expect.stringContaining('the books of lines do not balance')]);
        expect(said[0]).toContain(String(lines[field] + by));
      }
    },
  );

  it('do not balance if read lines are one too many or too few', () => {
    for (const read of [999, 1001])
      expect(messages({ read })).toEqual([
        `the books of lines do not balance: ${read - 3} parsed, but 900 kept + 80 filtered + 15 duplicates + 2 quarantined = 997`,
      ]);
  });

  it('do not balance if quarantined or unparsable lines have no reason', () => {
    expect(messages({ quarantined: 3, kept: 899 })).toEqual([
      '3 lines are quarantined, but reasons are given for 2',
    ]);
    expect(messages({ unparsable: 4, kept: 899 })).toEqual([
      '4 lines are unparsable, but reasons are given for 3',
    ]);
  });

  it('name the view that does not balance', () => {
    const two = { song_data: viewBooks(), titled: viewBooks({ kept: 901 }) };
    const planned = { ...expected, views: ['song_data', 'titled'] };
    const found = booksFindings('song_data', { ...books(), views: two }, planned);
    expect(found.map(({ message }) => message)).toEqual([
      'the books of lines do not balance: 997 parsed, but 901 kept + 80 filtered + 15 duplicates + 2 quarantined = 998, in the view titled',
    ]);
  });

  it('must be kept for each view that the step reads, and for no other', () => {
    const found = (...names: string[]) => {
      const views = Object.fromEntries(names.map((name) => [name, viewBooks()]));
      const planned = { ...expected, views: ['plays', 'events'] };
      return booksFindings('song_data', { ...books(), views }, planned).map(({ message }) => message);
    };
    expect(found('plays', 'events')).toEqual([]);
    expect(found('plays')).toEqual(['the step reports no books of its view events']);
    expect(found('plays', 'others', 'events')).toEqual([
      'the step reports books of a view others, which it does not read by the plan',
    ]);
    expect(found()).toEqual(
      expect.arrayContaining(
        ['plays', 'events'].map((view) => `the step reports no books of its view ${view}`),
      ),
    );
  });

  it('do not balance if more or fewer lines are quarantined than the views reject', () => {
    const rejecting = (quarantined: number) =>
      viewBooks(
        { kept: 902 - quarantined, quarantined },
        { quarantinedBy: [{ reason: 'type', field: 'ts', lines: quarantined }] },
      );
    const said = (quarantined: number) =>
      booksFindings(
        'song_data',
        {
          ...books(),
          lines: { read: 1000, blank: 0, unparsable: 3, quarantined },
          views: { one: rejecting(2), two: rejecting(4) },
        },
        { ...expected, views: ['one', 'two'] },
      ).map(({ message }) => message);
    expect([7, 8, 9].flatMap(said)).toEqual([]);
    for (const quarantined of [6, 10])
      expect(said(quarantined)).toEqual([
        `the books of lines do not balance: ${quarantined} quarantined, but by the books of the views 7 to 9`,
      ]);
  });

  it('ignore blank lines', () => {
    expect(messages({ blank: 10_000 })).toEqual([]);
  });

  it('do not balance if an object was neither read nor empty', () => {
    expect(messages({}, { read: 2 })).toEqual([
      expect.stringContaining('4 in the manifest, but 2 read + 1 empty = 3'),
    ]);
  });

  it('name the objects whose size does not match their lines', () => {
    const found = booksFindings('song_data', books({}, { unaccounted: ['a b.json'] }), expected);
    expect(found).toMatchObject([{ severity: 'error', count: 1, sample: ['a b.json'] }]);
  });

  it('do not match a plan that listed other objects', () => {
    expect(messages({}, { manifest: 5, read: 4 })).toEqual([
      'the manifest holds 4 objects, but the step found 5 in it',
    ]);
  });

  it('allow exactly the configured share of bad lines', () => {
    const at = (quarantined: number) =>
      booksFindings(
        'song_data',
        {
          ...books(),
          lines: { read: 1000, blank: 0, unparsable: quarantined, quarantined },
          unparsableBy: [{ reason: 'unparsable', lines: quarantined }],
          views: {
            song_data: viewBooks(
              { kept: 1000 - quarantined, filtered: 0, duplicates: 0, quarantined: 0 },
              { quarantinedBy: [] },
            ),
          },
        },
        expected,
      );
    expect(at(10)).toEqual([]);
    expect(at(11)).toEqual([
      {
        severity: 'error',
        subject: 'song_data',
        message: '1.1 % of its lines are bad; at most 1 % may be (max_quarantined)',
        count: 11,
        sample: ['unparsable: 11 lines'],
        limit: 'max_quarantined',
      },
    ]);
  });

  it('balance for every split of the lines, and for no other sum', () => {
    const n = fc.nat(10_000);
    fc.assert(
      fc.property(n, n, n, fc.integer({ min: -3, max: 3 }), (kept, filtered, duplicates, off) => {
        const read = kept + filtered + duplicates + 5 + off;
        const found = booksFindings('s', books({ read, kept, filtered, duplicates }), {
          ...expected,
          maxQuarantined: 1,
        });
        return found.some(({ message }) => message.includes('balance')) === (off !== 0);
      }),
    );
  });
});
