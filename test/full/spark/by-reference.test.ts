/** Tables and source tables by reference over several executions, and bases that must not be used. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runBatch } from '../../spark/batch.ts';
import type { Job, JobResult } from '../../spark/batch.ts';
import { attemptIn, gather, keysOf, writerOf } from '../../spark/in-lake.ts';
import { playsByPlace } from '../../spark/plays-by-place.ts';
import { executionOf, renderInto } from '../../spark/spark.ts';
import type { Templates } from '../../spark/spark.ts';
import { digestsOf } from '../../spark/variants.ts';

const SOURCE = 'log_data';
const STEP = 'log_transform';
const TABLES = ['users', 'time', 'songplays', 'places', 'visits'];
const MONTH = 31 * 86_400_000;

const play = (month: number, location: string) =>
  JSON.stringify({
    ...{ page: 'NextSong', userId: '7', sessionId: 1, itemInSession: 0, level: 'free' },
    ...{
      ts: 1541106106796 + month * MONTH,
      location,
      song: `Song ${String(month)}`,
      artist: 'A',
      length: 100,
    },
  });

const event = (month: number, itemInSession: number) =>
  JSON.stringify({ page: 'Home', sessionId: 1, itemInSession, ts: 1541106107796 + month * MONTH });

/** Joins two views of one source. */
const VISITS = `---
doc: Events of the sessions of a place in the months of its plays.
key: [place]
partition_by: [place]
columns:
  - { name: place, type: STRING, nullable: false, doc: Where the plays were. }
  - { name: events, type: BIGINT, nullable: false, doc: The number of events. }
---
SELECT coalesce(plays.location, '') AS place, count(*) AS events
FROM plays
JOIN all_events
  ON plays.sessionId = all_events.sessionId
  AND trunc(timestamp_millis(plays.ts), 'month') = trunc(timestamp_millis(all_events.ts), 'month')
GROUP BY 1
`;

function pipeline(): Templates {
  const { files, engine, rebuild } = playsByPlace({
    'pipeline.yaml': (text) =>
      text
        .replace('[plays, song_keys,', '[plays, all_events, song_keys,')
        .replace('[users, time, songplays]', '[users, time, songplays, places, visits]'),
  });
  return {
    files: [...files, { path: 'tables/log_transform/visits.sql.hbs', text: VISITS }],
    engine,
    rebuild: { ...rebuild, visits: { by: ['place'] } },
  };
}

let folder: string;
let programs: Record<string, string>;
/** Of the executions r0 to r3, each on the one before, and some others. Their objects are 1.json to 5.json in the end. */
let chain: readonly JobResult[];
const fails = (results: readonly JobResult[]) => results.map(({ failure }) => failure);
const lake = () => join(folder, "a lake's [100%]");
const root = (source: string) => join(folder, source);
const attempt = (run: string, step = STEP) => attemptIn(lake(), run, step);

const lay = (name: string, ...lines: string[]) => {
  mkdirSync(dirname(join(root(SOURCE), name)), { recursive: true });
  writeFileSync(join(root(SOURCE), name), lines.join('\n'));
};
const song = (id: string, title: string) =>
  JSON.stringify({ song_id: id, title, artist_id: 'A1', artist_name: 'A', duration: 100 });
const given = (output: string, ...more: string[]): string[] => [
  ...['--output', `file://${output}`, '--source', `${SOURCE}=file://${root(SOURCE)}`, '--token', 't'],
  ...(more.includes('--upstream') ? more : [...readingSongsOf('r0'), ...more]),
];
const readingSongsOf = (run: string) => [
  ...['--upstream', `song_transform=file://${attempt(run, 'song_transform')}`],
];
const songs = (run: string): Job => ({
  program: programs['song_transform']!,
  arguments: [
    ...['--output', `file://${attempt(run, 'song_transform')}`, '--token', 't'],
    ...['--source', `song_data=file://${root('song_data')}`],
  ],
});
const log = (run: string, ...more: string[]): Job => ({
  program: programs[STEP]!,
  arguments: given(attempt(run), ...more),
});
const on = (run: string, flag: string, ...tables: string[]) => [
  ...['--base', `file://${attempt(run)}`],
  ...tables.flatMap((table) => [flag, table]),
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfall by reference '));
  programs = renderInto(join(folder, 'programs'), {}, pipeline());
  mkdirSync(root('song_data'));
  writeFileSync(join(root('song_data'), 'one.json'), [song('S1', 'Song 0'), song('S2', 'Song 2')].join('\n'));
  const ready = (name: string) => join(folder, 'ready', name);
  mkdirSync(join(folder, 'ready'));
  lay('1.json', play(0, 'Oslo'));
  lay('2.json', play(0, 'Rome'));
  writeFileSync(ready('3.json'), play(2, 'Rome'));
  writeFileSync(ready('4.json'), play(3, 'Bonn'));
  // The same event in another place. Of two, the one with the lower text wins.
  writeFileSync(ready('5.json'), play(2, 'Kiel'));
  const arrive = (name: string) => [ready(name), join(root(SOURCE), name)] as const;
  const again = ['time', 'songplays', 'places'];
  chain = await runBatch(folder, [
    songs('r0'),
    log('r0'),
    { ...log('r1', ...on('r0', '--partitions', ...again)), moves: [arrive('3.json')] },
    { ...log('r2', ...on('r1', '--partitions', ...again)), moves: [arrive('4.json')] },
    log('carried', ...on('r2', '--carry-over', ...again)),
    { program: programs[STEP]!, arguments: given(join(folder, 'full-2')) },
    { ...log('r3', ...on('carried', '--partitions', ...again)), moves: [arrive('5.json')] },
    { program: programs[STEP]!, arguments: given(join(folder, 'full-3')) },
    {
      ...log('gone', ...on('r3', '--partitions', ...again)),
      moves: [[join(root(SOURCE), '3.json'), ready('gone.json')]],
    },
    { program: programs[STEP]!, arguments: given(join(folder, 'full-gone')) },
  ]);
  expect(fails(chain)).toEqual(chain.map(() => null));
  renameSync(ready('gone.json'), join(root(SOURCE), '3.json'));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The execution of the run equals a full load of the same objects. */
async function expectEqual(run: string, full: string): Promise<void> {
  const { folder: execution, report } = executionOf(attempt(run));
  const whole = executionOf(join(folder, full));
  const gathered = gather(lake(), execution, report, join(folder, 'gathered', run));
  const [ours, theirs] = await digestsOf([gathered, whole.folder].map((one) => join(one, 'tables')));
  expect(ours).toEqual(theirs);
  expect(report.sources).toEqual(whole.report.sources);
}

it('keeps files of three executions, and rewrites only the one that has rows of a changed object', async () => {
  const [r0, r1, r2, carried, r3, gone] = ['r0', 'r1', 'r2', 'carried', 'r3', 'gone'].map((run) =>
    executionOf(attempt(run)),
  );
  const sourceFiles = ({ folder: execution, report }: ReturnType<typeof executionOf>) =>
    keysOf(report.sourceTables[SOURCE]!.files, SOURCE, execution);
  const [one, two, three] = [r0!, r1!, r2!].map(({ folder: execution }) => writerOf(execution));
  const writers = (files: readonly { in?: string | undefined }[]) => files.map((file) => file.in);
  expect(writers(r2!.report.sourceTables[SOURCE]!.files)).toEqual([one, two, undefined]);
  expect(r2!.report.tables['time']!.made).toEqual({ kind: 'partitions', partitions: [['2019']] });
  expect(r2!.report.tables['songplays']!.made).toEqual({ kind: 'partitions', partitions: [['2019', '2']] });
  expect(writers(r2!.report.tables['songplays']!.files)).toEqual([one, two, undefined]);
  expect(r2!.report.tables['places']!.made).toEqual({ kind: 'partitions', partitions: [['Bonn']] });

  // Nothing is parsed or written but the table that is made.
  expect(chain[4]!.parsed).toEqual({});
  expect(writers(carried!.report.sourceTables[SOURCE]!.files)).toEqual([one, two, three]);
  expect(carried!.report.tables['songplays']!.made).toEqual({ kind: 'carried over' });
  expect(writers(carried!.report.tables['songplays']!.files)).toEqual([one, two, three]);
  expect(carried!.report.tables['users']!.made).toEqual({ kind: 'whole' });

  // The event of January moves from Rome to Kiel.
  expect(r3!.report.tables['places']!.made).toEqual({ kind: 'partitions', partitions: [['Kiel'], ['Rome']] });
  // Without 3.json it stays in Kiel: only the file of the second execution had rows of it.
  const kept = sourceFiles(gone!).filter((key) => sourceFiles(r3!).includes(key));
  expect(kept).toEqual(sourceFiles(r3!).filter((key) => !key.includes(`/${two!}/`)));
  expect(kept).toHaveLength(3);
  await expectEqual('carried', 'full-2');
  await expectEqual('r3', 'full-3');
  await expectEqual('gone', 'full-gone');
}, 600_000);

it('makes everything whole if the report or a file of the base is not as a step leaves it', async () => {
  const { folder: base, report } = executionOf(attempt('r3'));
  const original = readFileSync(join(base, 'report.json'), 'utf8');
  type Report = typeof report;
  const edit = (change: (copy: Report) => void): string => {
    const copy = JSON.parse(original) as Report;
    change(copy);
    return JSON.stringify(copy);
  };
  const rows = report.sourceTables[SOURCE]!.files;
  const referred = rows.findIndex((file) => file.in !== undefined);
  const reports: Record<string, string> = {
    outside: edit((copy) => (copy.sourceTables[SOURCE]!.files[referred]!.in = '../../x')),
    'of another name': edit((copy) => (copy.tables['time']!.files[0]!.in = 'r0')),
    'named twice': edit((copy) => copy.tables['time']!.files.push(copy.tables['time']!.files[0]!)),
    'of another size': edit((copy) => (copy.sourceTables[SOURCE]!.files[referred]!.size += 1)),
    'that is missing': edit((copy) => (copy.tables['songplays']!.files[0]!.name += 'x')),
    'with a number that is none': edit((copy) => (copy.tables['places']!.rows = -1)),
    'that is cut': original.slice(0, -20),
  };
  const tampered = Object.entries(reports).map(([name, text]) => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, text);
    return path;
  });
  const file = join(lake(), keysOf(rows.slice(referred, referred + 1), SOURCE, base)[0]!);
  const aside = join(folder, 'aside.parquet');
  const again = (run: string, flag: string) => log(run, ...on('r3', flag, 'time', 'songplays', 'places'));
  const jobs: Job[] = [
    ...tampered.map((path, at) => ({
      ...again(`h${String(at)}`, at % 2 === 0 ? '--carry-over' : '--partitions'),
      moves: [[path, join(base, 'report.json')] as const],
    })),
  ];
  writeFileSync(join(folder, 'original.json'), original);
  const last = tampered.length;
  jobs.push(
    {
      ...again(`h${String(last)}`, '--carry-over'),
      moves: [
        [join(folder, 'original.json'), join(base, 'report.json')],
        [file, aside],
      ],
    },
    { ...again('usable', '--carry-over'), moves: [[aside, file]] },
    {
      program: programs[STEP]!,
      arguments: given(join(folder, 'by-hand'), ...on('r3', '--carry-over', ...TABLES)),
    },
  );
  const results = await runBatch(folder, jobs);
  expect(fails(results)).toEqual(results.map(() => null));
  for (let at = 0; at <= last; at += 1) {
    const name = [...Object.keys(reports), 'without a file'][at];
    const { report: its } = executionOf(attempt(`h${String(at)}`));
    const files = [its.sourceTables[SOURCE]!, ...Object.values(its.tables)].flatMap((one) => one.files);
    const made = Object.values(its.tables).map((table) => table.made.kind);
    expect({ name, made, parsed: its.sourceTables[SOURCE]!.parsed }).toEqual({
      ...{ name, made: TABLES.map(() => 'whole') },
      parsed: its.sources[SOURCE]!.objects.manifest,
    });
    expect(files.filter((one) => one.in !== undefined)).toEqual([]);
    await expectEqual(`h${String(at)}`, 'full-3');
  }
  const usable = executionOf(attempt('usable'));
  expect(usable.report.tables['time']!.made).toEqual({ kind: 'carried over' });

  // Outside of the lake, rows are used again, but no file can be referred to.
  const byHand = executionOf(join(folder, 'by-hand'));
  expect(results.at(-1)!.parsed).toEqual({});
  expect(Object.values(byHand.report.tables).map((table) => table.made.kind)).toEqual(
    TABLES.map(() => 'whole'),
  );
  const own = byHand.report.sourceTables[SOURCE]!.files;
  expect(own.map((one) => one.in)).toEqual([undefined]);
  expect(statSync(join(byHand.folder, 'tables', SOURCE, own[0]!.name)).size).toBe(own[0]!.size);
}, 600_000);

it('makes the partitions again whose plays look up a song that is new or gone, or all if these are unknown', async () => {
  const ready = join(folder, 'songs.json');
  // Without the song of January, with one of February; the one of November stays.
  writeFileSync(ready, [song('S1', 'Song 0'), song('S3', 'Song 3')].join('\n'));
  const again = [...readingSongsOf('s1'), ...on('r3', '--partitions', 'songplays'), '--carry-over', 'time'];
  const earlier = join(executionOf(attempt('r0', 'song_transform')).folder, 'report.json');
  const results = await runBatch(folder, [
    { ...songs('s1'), moves: [[ready, join(root('song_data'), 'one.json')]] },
    log('looked-up', ...again),
    { program: programs[STEP]!, arguments: given(join(folder, 'full-songs'), ...readingSongsOf('s1')) },
    { ...log('unknown', ...again), moves: [[earlier, join(folder, 'earlier.json')]] },
  ]);
  renameSync(join(folder, 'earlier.json'), earlier);
  expect(fails(results)).toEqual(results.map(() => null));
  const { report } = executionOf(attempt('looked-up'));
  const made = {
    kind: 'partitions',
    partitions: [
      ['2019', '1'],
      ['2019', '2'],
    ],
  };
  expect(report.tables['songplays']!.made).toEqual(made);
  expect(report.tables['songplays']!.matched[0]!.rows).toBe(2);
  expect(report.tables['time']!.made).toEqual({ kind: 'carried over' });
  expect(executionOf(attempt('unknown')).report.tables['songplays']!.made).toEqual({ kind: 'whole' });
  for (const run of ['looked-up', 'unknown']) await expectEqual(run, 'full-songs');
}, 600_000);

it('makes the partitions again in which a new row of one view joins earlier ones of another view of its source', async () => {
  const ready = join(folder, 'event.json');
  writeFileSync(ready, event(0, 9));
  const results = await runBatch(folder, [
    {
      ...log('joined', ...on('r3', '--partitions', 'visits')),
      moves: [[ready, join(root(SOURCE), '6.json')]],
    },
    { program: programs[STEP]!, arguments: given(join(folder, 'full-joined')) },
  ]);
  expect(fails(results)).toEqual(results.map(() => null));
  // Both lines of the play of November: also the one that lost.
  const made = { kind: 'partitions', partitions: [['Oslo'], ['Rome']] };
  expect(executionOf(attempt('joined')).report.tables['visits']!.made).toEqual(made);
  await expectEqual('joined', 'full-joined');
}, 600_000);
