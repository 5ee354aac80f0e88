import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { booksFindings } from '../../src/lake/books.ts';
import { books } from './plans.ts';

const expected = { objects: 4, maxQuarantined: 0.01 };
const messages = (...args: Parameters<typeof books>) =>
  booksFindings('song_data', books(...args), expected).map(({ message }) => message);

describe('the books of a source', () => {
  it('say nothing when they balance', () => {
    expect(messages()).toEqual([]);
  });

  it.each(['read', 'kept', 'filtered', 'duplicates'] as const)(
    'do not balance when %s lines are one more or less',
    (field) => {
      const { lines } = books();
      for (const by of [1, -1]) {
        const said = messages({ [field]: lines[field] + by });
        expect(said).toEqual([expect.stringContaining('the books of lines do not balance')]);
        expect(said[0]).toContain(String(lines[field] + by));
      }
    },
  );

  it('do not balance when quarantined lines have no reason', () => {
    expect(messages({ quarantined: 6, kept: 899 })).toEqual([
      '6 lines are quarantined, but reasons are given for 5',
    ]);
  });

  it('leave blank lines out of account', () => {
    expect(messages({ blank: 10_000 })).toEqual([]);
  });

  it('do not balance when an object was neither read nor empty', () => {
    expect(messages({}, { read: 2 })).toEqual([
      expect.stringContaining('4 in the manifest, but 2 read + 1 empty = 3'),
    ]);
  });

  it('name the objects that vanished or changed, or whose bytes are not those of their lines', () => {
    const found = booksFindings(
      'song_data',
      books({}, { read: 1, vanished: ['a b.json'], changed: ['c%.json'], unaccounted: ['d.json'] }),
      expected,
    );
    expect(found.map(({ sample }) => sample)).toEqual([['a b.json'], ['c%.json'], ['d.json']]);
    expect(found.every(({ severity }) => severity === 'error')).toBe(true);
  });

  it('do not agree with a plan that listed other objects', () => {
    expect(messages({}, { manifest: 5, read: 4 })).toEqual([
      'the manifest holds 4 objects, but the step found 5 in it',
    ]);
  });

  it('allow exactly the share of bad lines that was set', () => {
    const at = (quarantined: number) =>
      booksFindings(
        'song_data',
        {
          ...books({ read: 1000, kept: 1000 - quarantined, filtered: 0, duplicates: 0, quarantined }),
          quarantinedBy: [{ reason: 'not JSON', field: null, lines: quarantined }],
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
        sample: ['not JSON: 11 lines'],
        limit: 'max_quarantined',
      },
    ]);
  });

  it('hold for every split of the lines, and for no other sum', () => {
    const n = fc.nat(10_000);
    fc.assert(
      fc.property(n, n, n, fc.integer({ min: -3, max: 3 }), (kept, filtered, duplicates, off) => {
        const read = kept + filtered + duplicates + 5 + off;
        const found = booksFindings('s', books({ read, kept, filtered, duplicates }), {
          objects: 4,
          maxQuarantined: 1,
        });
        return found.some(({ message }) => message.includes('balance')) === (off !== 0);
      }),
    );
  });
});
