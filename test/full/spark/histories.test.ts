/** Random histories of a source. After each change, a step that builds on an earlier execution makes what the oracle makes. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { between, diceOf, pick } from '../../../src/dice.ts';
import type { Dice } from '../../../src/dice.ts';
import { runBatch } from '../../spark/batch.ts';
import type { Job } from '../../spark/batch.ts';
import { NOTHING, judge } from '../../spark/oracle.ts';
import { executionOf, renderInto } from '../../spark/spark.ts';

const STATES = 10;
const SOURCE = 'log_data';

/** By file name: the id of the content. Each content gets a new id, even if it equals an earlier one. */
type State = ReadonlyMap<string, number>;

const play = (fields: Record<string, unknown>) =>
  JSON.stringify({ page: 'NextSong', userId: '7', sessionId: 1, itemInSession: 0, level: 'free', ...fields });

/** A line with one of a few events and one of a few contents. Some lines are bad. */
function line(dice: Dice): string {
  const ts = 1541106106796 + between(dice, 0, 6);
  return pick(dice, [
    () => play({ ts, location: pick(dice, ['Oslo', 'Rome', '', null]) }),
    () => play({ ts, itemInSession: String(between(dice, 0, 3)), length: pick(dice, [9, 10, 'x', null]) }),
    () => play({ ts: `${String(ts)}.0`, level: 'paid' }),
    () => play({ ts, page: 'Home' }),
    () => play({ ts: 'bad' }),
    () => play({ ts, userId: null }),
    () => pick(dice, ['{', '[1]', ' ', '{}']),
  ])();
}

const lines = (dice: Dice) => Array.from({ length: between(dice, 0, 12) }, () => line(dice)).join('\n');

/** What may happen to a source: files arrive, are delivered twice, change, move, and vanish. */
function change(
  state: State,
  dice: Dice,
  write: (content: string) => number,
  contents: readonly string[],
): State {
  const next = new Map(state);
  const [name, id] = pick(dice, [...state]);
  const other = `${String(between(dice, 0, 1e9))}/it's [new] 100%+.json`;
  pick(dice, [
    () => next.set(other, write(lines(dice))),
    () => next.set(other, write(contents[id]!)),
    () => next.set(name, write(lines(dice))),
    () => next.delete(name) && next.set(other, id),
    () => (next.size > 2 ? next.delete(name) : next.set(other, write(lines(dice)))),
  ])();
  return next;
}

const folder = mkdtempSync(join(tmpdir(), 'landfall histories '));
afterAll(() => rmSync(folder, { recursive: true }));
const root = (source: string) => join(folder, source);
const away = (id: number) => join(folder, 'away', String(id));

/** The renames that turn one state into the other. A file that stays is not touched, so it keeps its time. */
function movesBetween(before: State, after: State): [string, string][] {
  const at = (name: string) => join(root(SOURCE), name);
  const leaving = [...before].filter(([name, id]) => after.get(name) !== id);
  const arriving = [...after].filter(([name, id]) => before.get(name) !== id);
  return [
    ...leaving.map(([name, id]): [string, string] => [at(name), away(id)]),
    ...arriving.map(([name, id]): [string, string] => [away(id), at(name)]),
  ];
}

it.each([1, 2])(
  'each state equals a full load, whichever execution it builds on: seed %i',
  async (seed) => {
    const dice = diceOf(seed);
    for (const name of ['away', 'song_data', SOURCE])
      rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, 'away'));
    mkdirSync(root('song_data'));
    writeFileSync(join(root('song_data'), 'one.json'), '{"song_id":"S1","artist_id":"A1"}');
    const contents: string[] = [];
    const write = (content: string) => {
      writeFileSync(away(contents.length), content);
      // Each file has a time of its own, as if they were written one after another.
      utimesSync(away(contents.length), 1.7e9, 1.7e9 + contents.length);
      return contents.push(content) - 1;
    };
    const states: State[] = [new Map([1, 2, 3].map((n) => [`${String(n)}.json`, write(lines(dice))]))];
    while (states.length < STATES) {
      let next = states.at(-1)!;
      for (let left = between(dice, 1, 4); left > 0; left -= 1) next = change(next, dice, write, contents);
      states.push(next);
    }
    for (const name of new Set(states.flatMap((state) => [...state.keys()])))
      mkdirSync(join(root(SOURCE), name, '..'), { recursive: true });
    const programs = renderInto(join(folder, 'programs'));
    const out = (name: string) => `${folder}/out-${String(seed)}/${name}`;
    const given = (source: string, name: string) => [
      ...['--output', `file://${out(name)}`, '--source', `${source}=file://${root(source)}`],
    ];
    const bases = states.map((_, at) =>
      at === 0 ? undefined : Math.max(0, at - pick(dice, [1, 1, 1, 2, 3])),
    );
    const jobs: Job[] = [
      { program: programs['song_transform']!, arguments: given('song_data', 'songs') },
      ...states.map((state, at) => {
        const base = bases[at] === undefined ? [] : ['--base', `file://${out(String(bases[at]))}`];
        return {
          program: programs['log_transform']!,
          arguments: [
            ...given(SOURCE, String(at)),
            '--upstream',
            `song_transform=file://${out('songs')}`,
            ...base,
          ],
          moves: movesBetween(states[at - 1] ?? new Map(), state),
          ...(at % 2 === 0 ? {} : { shufflePartitions: 3 }),
        };
      }),
    ];
    const results = await runBatch(folder, jobs);
    expect(results.map(({ failure }) => failure)).toEqual(jobs.map(() => null));
    const songs = executionOf(out('songs')).folder;
    for (const [at, state] of states.entries()) {
      const base = states[bases[at] ?? -1] ?? new Map<string, number>();
      const { folder: log, report } = executionOf(out(String(at)));
      const parsed = [...state].filter(([name, id]) => base.get(name) !== id).length;
      expect([at, report.sourceTables[SOURCE]!.parsed]).toEqual([at, parsed]);
      rmSync(root(SOURCE), { recursive: true });
      for (const [name, id] of state) {
        mkdirSync(join(root(SOURCE), name, '..'), { recursive: true });
        writeFileSync(join(root(SOURCE), name), contents[id]!);
      }
      const judgement = await judge(
        { songData: root('song_data'), logData: root(SOURCE) },
        { song: songs, log },
      );
      expect([at, judgement]).toEqual([at, expect.objectContaining(NOTHING)]);
      const known = { ...report.sources[SOURCE]!, misshapen: judgement.books.log_data.misshapen };
      expect([at, known]).toEqual([at, judgement.books.log_data]);
    }
  },
  600_000,
);
