/** What a publication was made of, and what a plan would make otherwise. */
import { describe, expect, it } from '@jest/globals';
import { differences, digestsAfterRerun, madeOf } from '../../src/run/made-of.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { plan as base, songKeys, songs } from '../lake/plans.ts';

const step = (name: string, upstreams: readonly string[]) => ({
  ...base().steps[0]!,
  name,
  upstreams,
  tables: [{ ...songs, name: `${name}_table` }],
});

/** Three steps that read one from the other, and one that reads none; all digests end with `digest`. */
function chain(digest: string): RunPlan {
  const steps = [step('first', []), step('second', ['first']), step('third', ['second']), step('other', [])];
  const tables = steps.flatMap((one) => one.tables.map(({ name }) => [name, `${name} ${digest}`]));
  const digests = {
    sources: { song_data: digest },
    tables: Object.fromEntries(tables) as Record<string, string>,
  };
  return { ...base(), steps, digests };
}

describe('a plan', () => {
  it('makes the same as before where nothing that decides it changed', () => {
    const other: Partial<RunPlan> = {
      ...{ run: 'other', plannedAt: '2027-01-01T00:00:00.000Z', publication: 9, release: 'emr-spark-8.0.0' },
      ...{ cluster: { kind: 'new' }, keepAlive: true, stepTimeoutSeconds: 7 },
    };
    expect(differences(madeOf(base(), {}), { ...base(), ...other })).toEqual([]);
  });

  it.each<[string, Partial<RunPlan>]>([
    ['max_quarantined changed', { maxQuarantined: 0.5 }],
    [
      'the contract of the source song_data changed',
      { digests: { ...base().digests, sources: { song_data: 'other' } } },
    ],
    [
      'the query or contract of songs changed',
      { digests: { ...base().digests, tables: { ...base().digests.tables, songs: 'other' } } },
    ],
    [
      'the query or contract of more changed',
      { digests: { ...base().digests, tables: { ...base().digests.tables, more: 'x' } } },
    ],
    [
      `the query or contract of ${songKeys.name} changed`,
      { digests: { ...base().digests, tables: { songs: 'x' } } },
    ],
  ])('makes something else where %s', (what, change) => {
    expect(differences(madeOf(base(), {}), { ...base(), ...change })).toEqual([what]);
  });
});

describe('the digests of a plan of which only some steps run again', () => {
  const [before, after] = [chain('old'), chain('new')];
  const of = (rerun: readonly string[], from = before) => digestsAfterRerun(from, after, rerun).tables;

  it('are the new ones of the steps that run, and those of the last plan of the others', () => {
    expect(of(['first', 'second', 'third', 'other'])).toEqual(after.digests.tables);
    expect(of([])).toEqual(before.digests.tables);
    expect(of(['third'])).toEqual({
      ...before.digests.tables,
      third_table: 'third_table new',
    });
  });

  it('are none of what depends on a step that ran again without it, until it runs itself', () => {
    const partly = of(['first']);
    expect(partly).toEqual({ first_table: 'first_table new', other_table: 'other_table old' });
    const again = { ...before, digests: { ...before.digests, tables: partly } };
    expect(of([], again)).toEqual(partly);
    expect(of(['second', 'third'], again)).toEqual({
      ...after.digests.tables,
      other_table: 'other_table old',
    });
    expect(
      differences(madeOf({ ...after, digests: { ...after.digests, tables: partly } }, {}), after),
    ).toEqual([
      'the query or contract of other_table changed',
      'the query or contract of second_table changed',
      'the query or contract of third_table changed',
    ]);
  });
});
