/**
 * Random histories of a source. After each change, a step that builds on an earlier execution makes what the oracle and a
 * full load make, and only what is needed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { between, diceOf, pick } from '../../../src/dice.ts';
import type { Dice } from '../../../src/dice.ts';
import { runBatch } from '../../spark/batch.ts';
import type { Job } from '../../spark/batch.ts';
import { attemptIn, gather, keysOf, writerOf } from '../../spark/in-lake.ts';
import { NOTHING, judge } from '../../spark/oracle.ts';
import { playsByPlace } from '../../spark/plays-by-place.ts';
import { executionOf, renderInto } from '../../spark/spark.ts';
import { digestsOf } from '../../spark/variants.ts';

const STATES = 10;
const SOURCE = 'log_data';
const STEP = 'log_transform';
const REBUILT = ['time', 'songplays', 'places'];
const MONTH = 31 * 86_400_000;

/** By file name: the id of the content. Each content gets a new id, even if it equals an earlier one. */
type Files = ReadonlyMap<string, number>;

interface State {
  files: Files;
  /** The state whose execution it builds on. */
  base?: number;
  /** Whether the query of one table changed since the base, and nothing else. */
  isEdited: boolean;
}

const play = (fields: Record<string, unknown>) =>
  JSON.stringify({ page: 'NextSong', userId: '7', sessionId: 1, itemInSession: 0, level: 'free', ...fields });

/** A line with one of a few events and one of a few contents. Some lines are bad. */
function line(dice: Dice): string {
  const ts = 1541106106796 + between(dice, 0, 3) + between(dice, 0, 4) * MONTH;
  return pick(dice, [
    () => play({ ts, location: pick(dice, ['Oslo', 'a=1/b: 100%', '__HIVE_DEFAULT_PARTITION__', '', null]) }),
    () => play({ ts, location: pick(dice, ['it\'s \\ "here"', 'São Paulo']), level: null }),
    () => play({ ts, itemInSession: String(between(dice, 0, 3)), length: pick(dice, [9, 10, 'x', null]) }),
    () => play({ ts: `${String(ts)}.0`, level: 'paid' }),
    () => play({ ts, page: 'Home' }),
    () => play({ ts: 'bad' }),
    () => play({ ts, userId: null }),
    () => pick(dice, ['{', '[1]', ' ', '{}']),
  ])();
}

const lines = (dice: Dice) => Array.from({ length: between(dice, 0, 8) }, () => line(dice)).join('\n');

/** The years of the plays in a content. */
function yearsIn(content: string): string[] {
  return content.split('\n').flatMap((text) => {
    if (!text.startsWith('{"page":"NextSong"')) return [];
    const { ts, userId } = JSON.parse(text) as { ts: string | number; userId: unknown };
    return userId === null || ts === 'bad' ? [] : [String(new Date(Number(ts)).getUTCFullYear())];
  });
}

/** What may happen to a source: files arrive, are delivered twice, change, move, and vanish. */
function change(
  files: Files,
  dice: Dice,
  write: (content: string) => number,
  contents: readonly string[],
): Files {
  const next = new Map(files);
  const [name, id] = pick(dice, [...files]);
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
function movesBetween(before: Files, after: Files): [string, string][] {
  const at = (name: string) => join(root(SOURCE), name);
  const leaving = [...before].filter(([name, id]) => after.get(name) !== id);
  const arriving = [...after].filter(([name, id]) => before.get(name) !== id);
  return [
    ...leaving.map(([name, id]): [string, string] => [at(name), away(id)]),
    ...arriving.map(([name, id]): [string, string] => [away(id), at(name)]),
  ];
}

/** The contents of objects that are new or stale in a state that builds on another one. */
const changedContents = (before: Files, after: Files, contents: readonly string[]) => [
  ...[...after].filter(([name, id]) => before.get(name) !== id).map(([, id]) => contents[id]!),
  ...[...before].filter(([name, id]) => after.get(name) !== id).map(([, id]) => contents[id]!),
];

function statesOf(dice: Dice, write: (content: string) => number, contents: readonly string[]): State[] {
  const states: State[] = [
    { files: new Map([1, 2, 3].map((n) => [`${String(n)}.json`, write(lines(dice))])), isEdited: false },
  ];
  while (states.length < STATES) {
    const at = states.length;
    let { files } = states.at(-1)!;
    const isEdited = at % 4 === 3;
    if (!isEdited)
      for (let left = between(dice, 1, 4); left > 0; left -= 1) files = change(files, dice, write, contents);
    const base = isEdited ? at - 1 : Math.max(0, at - pick(dice, [1, 1, 1, 2, 3]));
    states.push({ files, isEdited, base });
  }
  return states;
}

it.each([
  [1, 24],
  [2, 3],
] as const)(
  'each state equals a full load, whichever execution it builds on: seed %i, source tables of %i executions at most',
  async (seed, mostWriters) => {
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
    const states = statesOf(dice, write, contents);
    for (const name of new Set(states.flatMap(({ files }) => [...files.keys()])))
      mkdirSync(join(root(SOURCE), name, '..'), { recursive: true });
    const limited = {
      'engine/source_table.py': (text: string) =>
        text.replace('MOST_WRITERS = 24', `MOST_WRITERS = ${mostWriters}`),
    };
    const users = {
      'tables/log_transform/users.sql.hbs': (text: string) => text.replace(/(FROM \w+)/, '$1 -- edited'),
    };
    const programs = renderInto(join(folder, 'programs'), {}, playsByPlace(limited));
    const edited = renderInto(join(folder, 'edited'), {}, playsByPlace({ ...limited, ...users }));
    const lake = join(folder, `lake ${String(seed)}`);
    const attempt = (name: string, step = STEP) => attemptIn(lake, `r${name}`, step);
    const given = (source: string, output: string) => [
      ...['--output', `file://${output}`, '--source', `${source}=file://${root(source)}`, '--token', 't'],
    ];
    const songs = attempt('0', 'song_transform');
    const log = (output: string) => [
      ...given(SOURCE, output),
      '--upstream',
      `song_transform=file://${songs}`,
    ];
    const full = (at: number) => join(folder, `full-${String(seed)}`, String(at));
    const jobs: Job[] = [
      { program: programs['song_transform']!, arguments: given('song_data', songs) },
      ...states.flatMap(({ files, base, isEdited }, at): Job[] => {
        const flag = isEdited ? '--carry-over' : '--partitions';
        const program = (isEdited ? edited : programs)[STEP]!;
        const again =
          base === undefined
            ? []
            : ['--base', `file://${attempt(String(base))}`, ...REBUILT.flatMap((table) => [flag, table])];
        const large = at % 2 === 0 ? {} : { shufflePartitions: 3 };
        const moves = movesBetween(states[at - 1]?.files ?? new Map(), files);
        return [
          { program, arguments: [...log(attempt(String(at))), ...again], moves, ...large },
          { program, arguments: log(full(at)) },
        ];
      }),
    ];
    const results = await runBatch(folder, jobs);
    expect(results.map(({ failure }) => failure)).toEqual(jobs.map(() => null));
    const song = executionOf(songs);
    const songTables = gather(lake, song.folder, song.report, join(folder, `songs-${String(seed)}`));
    let referred = 0;
    for (const [at, { files, base, isEdited }] of states.entries()) {
      const { folder: execution, report } = executionOf(attempt(String(at)));
      const before = base === undefined ? undefined : executionOf(attempt(String(base)));
      const known = states[base ?? -1]?.files ?? new Map<string, number>();
      const whole = executionOf(full(at));
      const context = { at, base, isEdited };

      const source = report.sourceTables[SOURCE]!;
      const parsed = [...files].filter(([name, id]) => known.get(name) !== id).length;
      const isUnchanged = before !== undefined && changedContents(known, files, contents).length === 0;
      expect({ ...context, parsed: source.parsed }).toEqual({ ...context, parsed });
      expect(new Set(source.files.map((file) => file.in)).size).toBeLessThanOrEqual(mostWriters);
      if (before !== undefined && [...known].some(([name, id]) => files.get(name) === id)) {
        const earlier = keysOf(before.report.sourceTables[SOURCE]!.files, SOURCE, before.folder);
        const kept = keysOf(source.files, SOURCE, execution).filter((key) => earlier.includes(key));
        const isStale = [...known].some(([name, id]) => files.get(name) !== id);
        const writers = new Set(earlier.map((key) => key.split('/')[2]));
        if (!isStale && writers.size < mostWriters)
          expect({ ...context, kept }).toEqual({ ...context, kept: earlier });
        if (isUnchanged) {
          expect({ ...context, kept }).toEqual({ ...context, kept: keysOf(source.files, SOURCE, execution) });
          expect(existsSync(join(lake, 'delta', SOURCE, writerOf(execution)))).toBe(false);
        }
        for (const table of REBUILT) {
          const { files: its, made } = report.tables[table]!;
          const old = keysOf(before.report.tables[table]!.files, table, before.folder);
          const own = its.filter((file) => file.in === undefined);
          referred += its.length - own.length;
          if (isEdited) {
            expect({ ...context, made }).toEqual({ ...context, made: { kind: 'carried over' } });
            expect(keysOf(its, table, execution)).toEqual(old);
            expect(existsSync(join(lake, 'delta', table, writerOf(execution)))).toBe(false);
          } else {
            expect(made).toEqual({ kind: 'partitions', partitions: expect.any(Array) as unknown });
            const again = made.kind === 'partitions' ? made.partitions : [];
            const by = { time: 0, songplays: 0, places: 0 }[table]!;
            for (const file of own)
              expect(again.map((values) => values[0])).toContain(file.name.split('/')[by]!.split('=')[1]);
          }
        }
        if (!isEdited) {
          const years = changedContents(known, files, contents).flatMap(yearsIn);
          const partitions = [...new Set(years)].sort().map((year) => [year]);
          expect({ ...context, made: report.tables['time']!.made }).toEqual({
            ...context,
            made: { kind: 'partitions', partitions },
          });
        }
        expect(report.tables['users']!.made).toEqual({ kind: 'whole' });
      } else for (const { made } of Object.values(report.tables)) expect(made).toEqual({ kind: 'whole' });

      const gathered = gather(lake, execution, report, join(folder, `gathered-${String(seed)}`, String(at)));
      const [ours, theirs] = await digestsOf([gathered, whole.folder].map((one) => join(one, 'tables')));
      expect({ ...context, tables: ours }).toEqual({ ...context, tables: theirs });
      const facts = (one: typeof report) =>
        Object.entries(one.tables).map(([name, { files: _, made: __, ...rest }]) => [name, rest]);
      expect({ ...context, facts: facts(report) }).toEqual({ ...context, facts: facts(whole.report) });
      expect({ ...context, books: report.sources }).toEqual({ ...context, books: whole.report.sources });
      expect(source.rows).toBe(whole.report.sourceTables[SOURCE]!.rows);

      rmSync(root(SOURCE), { recursive: true });
      for (const [name, id] of files) {
        mkdirSync(join(root(SOURCE), name, '..'), { recursive: true });
        writeFileSync(join(root(SOURCE), name), contents[id]!);
      }
      const judgement = await judge(
        { songData: root('song_data'), logData: root(SOURCE) },
        { song: songTables, log: gathered },
      );
      expect({ ...context, judgement }).toEqual({
        ...context,
        judgement: expect.objectContaining(NOTHING) as unknown,
      });
      const books = { ...report.sources[SOURCE]!, misshapen: judgement.books.log_data.misshapen };
      expect({ ...context, books }).toEqual({ ...context, books: judgement.books.log_data });
    }
    expect(referred).toBeGreaterThan(STATES);
  },
  1_200_000,
);
