/** Publishers that die, pause and compete: the effect on the publication log, the plain paths and their readers. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newestPublication, readPublication } from '../../src/lake/publication.ts';
import { goBack } from '../../src/lake/go-back.ts';
import { openJournal } from '../../src/run/journal.ts';
import { readState } from '../../src/run/read-journal.ts';
import type { Store } from '../../src/store/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { systemClock } from '../../src/system-clock.ts';
import { acceptedRun, landAs, landedRun, landRun, makeFiles, plainSongs, takenOver } from './accepted-run.ts';
import type { Files } from './accepted-run.ts';
import { watched } from './publishing.ts';

let files: Files;
/** r1 (2001, 2002) and r2 (2002, 2003) are published as 1 and 2; r3 (2003, 2004) is accepted, and planned as number 3. */
let made: MemoryStore;
beforeAll(async () => {
  files = await makeFiles();
  made = memoryStore('s3://lake', () => new Date());
  await landedRun(made, files, { run: 'r1', publication: 1, years: [2001, 2002] });
  await landedRun(made, files, { run: 'r2', publication: 2, years: [2002, 2003] });
  await acceptedRun(made, files, { run: 'r3', publication: 3, years: [2003, 2004] });
});

const threeRuns = (): Store => made.fork();

const FIRST = (number: number) => [`2001 r1-${String(number)}`, `2002 r1-${String(number)}`];
const SECOND = ['2002 r2-2', '2003 r2-2'];
const THIRD = ['2003 r3-3', '2004 r3-3'];

/** As the verb does it, with the run's journal. */
const rollback = (store: Store, to?: number) =>
  goBack(store, {
    to,
    driver: 'd',
    announce: async ({ target, number }) => {
      const writer = { objects: store, clock: systemClock, random: seededRandom(number), driver: 'd' };
      await (await openJournal(writer, target.run)).append({ entry: 'rollback-intent', publication: number });
    },
    published: () => undefined,
    lasting: (work) => work(),
  });

/** Kills `work` before its n-th call of the store, for every n until it survives; `after` checks the result. */
async function killedAnywhere(
  work: (store: Store) => Promise<unknown>,
  after: (store: Store) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    const store = threeRuns();
    let calls = 0;
    const dying = watched(store, async (call) => {
      calls += 1;
      if (calls >= n) await Promise.reject(new Error(`killed before call ${String(n)}: ${call}`));
    });
    const survived = await work(dying).then(
      () => true,
      () => false,
    );
    await after(store);
    if (survived) return n;
    expect(n).toBeLessThan(200);
  }
}

/** Runs `meanwhile` before the n-th call of `work`, for every n until there are no more calls. */
async function pausedAnywhere(
  work: (store: Store) => Promise<unknown>,
  meanwhile: (store: Store) => Promise<unknown>,
  after: (store: Store, outcome: 'done' | 'refused') => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    const store = threeRuns();
    let calls = 0;
    const slow = watched(store, async () => {
      calls += 1;
      if (calls === n) await meanwhile(store);
    });
    const outcome = await work(slow).then(
      () => 'done' as const,
      (error: unknown) => {
        expect(['overtaken', 'owned', 'input']).toContain((error as { fault?: string }).fault);
        return 'refused' as const;
      },
    );
    if (calls < n) return n;
    await after(store, outcome);
    expect(n).toBeLessThan(200);
  }
}

describe('a publisher that is killed', () => {
  it('before any of its calls is replaced by one that ends in the same state', async () => {
    const calls = await killedAnywhere(
      (store) => landRun(store, 'r3', 'killed'),
      async (store) => {
        expect([SECOND, THIRD]).toContainEqual(
          (await newestPublication(store))!.tables[0]!.files.map(yearAndRun),
        );
        await landRun(store, 'r3', 'next');
        expect(await plainSongs(store)).toEqual(THIRD);
        expect(await newestPublication(store)).toMatchObject({ number: 3, run: 'r3' });
        expect(await readState(store, 'r3')).toMatchObject({
          published: 3,
          mirrored: true,
          finished: { verdict: 'succeeded' },
        });
      },
    );
    expect(calls).toBeGreaterThan(20);
  });

  it('during a rollback is replaced by a rollback that ends in the same state, and goes back no further', async () => {
    const calls = await killedAnywhere(
      (store) => rollback(store),
      async (store) => {
        const done =
          (await readPublication(store, 3)) !== undefined &&
          (await plainSongs(store)).join() === FIRST(3).join();
        if (!done) await rollback(store);
        expect(await plainSongs(store)).toEqual(FIRST(3));
        expect(await newestPublication(store)).toMatchObject({ number: 3, run: 'r1', rollbackTo: 1 });
      },
    );
    expect(calls).toBeGreaterThan(15);
  });
});

describe('a publisher that is paused and resumed', () => {
  it('does no harm when a rollback happened before any of its calls', async () => {
    const calls = await pausedAnywhere(
      (store) => landRun(store, 'r3'),
      (store) => rollback(store, 1),
      async (store, outcome) => {
        const { number, run, rollbackTo } = (await newestPublication(store))!;
        const rolledBack = number === 3 ? FIRST(3) : FIRST(4);
        expect({ run, rollbackTo, plain: await plainSongs(store) }).toEqual({
          run: 'r1',
          rollbackTo: 1,
          plain: rolledBack,
        });
        // It had published by then, or lost its number: never both, never neither.
        expect(outcome).toBe(number === 4 ? 'done' : 'refused');
      },
    );
    expect(calls).toBeGreaterThan(20);
  });

  it('does no harm when another driver of its run published before any of its calls', async () => {
    await pausedAnywhere(
      async (store) => landAs(store, await takenOver(store, 'r3', 'paused')),
      (store) => landRun(store, 'r3', 'other'),
      async (store) => {
        expect(await newestPublication(store)).toMatchObject({ number: 3, run: 'r3' });
        expect(await plainSongs(store)).toEqual(THIRD);
        expect((await readState(store, 'r3')).finished?.verdict).toBe('succeeded');
      },
    );
  });

  it('does no harm in a rollback when a run published before any of its calls', async () => {
    await pausedAnywhere(
      (store) => rollback(store, 1),
      (store) => landRun(store, 'r3').catch(() => undefined),
      async (store, outcome) => {
        const { number, run } = (await newestPublication(store))!;
        const both = outcome === 'done' && (await readPublication(store, 3))!.run === 'r3';
        const expected = run === 'r3' ? THIRD : FIRST(both ? 4 : 3);
        expect({ number, plain: await plainSongs(store) }).toEqual({ number: both ? 4 : 3, plain: expected });
        expect(outcome === 'refused').toBe(run === 'r3');
      },
    );
  });
});

const yearAndRun = ({ mirror }: { mirror: string }) => {
  const [, year = '', name = ''] = /year=(\d+)\/(.+)-part-0/.exec(mirror) ?? [];
  return `${year} ${name}`;
};

describe('readers', () => {
  /** Looks before every call of `work` that changes something, and once after its end. */
  async function looking(look: (store: Store) => Promise<void>): Promise<Store> {
    const store = threeRuns();
    const seen = watched(store, () => look(store), true);
    await landRun(seen, 'r3');
    await rollback(seen, 1);
    await look(store);
    return store;
  }

  it('of the publication log see one complete set or the other, with all its files', async () => {
    const sets: string[] = [];
    await looking(async (store) => {
      const { number, tables } = (await newestPublication(store))!;
      for (const { key, size } of tables.flatMap((table) => table.files)) {
        expect(await store.head(key)).toMatchObject({ size });
      }
      const set = `${String(number)}: ${tables.map((table) => table.files.map(yearAndRun).join()).join()}`;
      if (sets.at(-1) !== set) sets.push(set);
    });
    expect(sets).toEqual([`2: ${SECOND.join()}`, `3: ${THIRD.join()}`, `4: ${FIRST(4).join()}`]);
  });

  it('of the plain paths see whole files, of at most two successive sets, and never less than one of them', async () => {
    const order = [SECOND, THIRD, FIRST(4)];
    let mixed = 0;
    await looking(async (store) => {
      const seen = await plainSongs(store);
      const sets = order.flatMap((set, at) => (set.some((one) => seen.includes(one)) ? [at] : []));
      expect(sets.length).toBeLessThanOrEqual(2);
      expect(sets.at(-1)! - sets[0]!).toBeLessThanOrEqual(1);
      expect(sets.some((at) => order[at]!.every((one) => seen.includes(one)))).toBe(true);
      expect(seen.every((one) => sets.some((at) => order[at]!.includes(one)))).toBe(true);
      for await (const { key, size } of store.list('songs/'))
        expect({ key, size }).toEqual({ key, size: files.songs.length });
      if (sets.length > 1) mixed += 1;
    });
    expect(mixed).toBeGreaterThan(0);
  });
});
