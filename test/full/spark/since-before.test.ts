/** A source that changes between two executions: the second one parses only what changed, and equals a full load. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { manifestLines, readListing } from '../../../src/run/input-manifest.ts';
import { openStore } from '../../../src/store/open.ts';
import { SOURCES, badInput, lay } from '../../spark/bad-input.ts';
import { runBatch } from '../../spark/batch.ts';
import type { Job, JobResult } from '../../spark/batch.ts';
import { NOTHING, judge } from '../../spark/oracle.ts';
import { executionOf, renderInto, templates } from '../../spark/spark.ts';

const STEP = 'log_transform';
const SOURCE = 'log_data';

/** Lines that are rejected, filtered and unparsable. In a file, the lines of an unchanged object follow them. */
const OTHER = ['{"page":"NextSong","ts":"x"}', '{"page":"Home"}', '[1]', '{'];

/** Objects that are new, changed or gone when the second execution runs. */
interface Changes {
  added: readonly string[];
  changed: readonly string[];
  gone: readonly string[];
}

function changesOf(inputs: readonly string[]): Changes {
  return {
    added: inputs.filter((_, at) => at % 3 === 0),
    changed: inputs.filter((_, at) => at % 3 === 1 && at % 5 === 1),
    gone: ["gone/it's [gone] 100%+.json"],
  };
}

/**
 * Two executions, and a third of a changed query over the same inputs. Puts the inputs back to an earlier state, which the first
 * job reads; the second job moves them to their present state before it runs.
 */
async function changingJobs(full: Job): Promise<{ name: string; job: Job }[]> {
  const { added, changed, gone } = changesOf(inputs);
  const place = root(SOURCE);
  const away = (name: string) => join(`${place}.away`, name);
  const out = (name: string) => `file://${place}.${name}`;
  for (const name of [...added, ...changed]) {
    mkdirSync(dirname(away(name)), { recursive: true });
    renameSync(join(place, name), away(name));
  }
  for (const name of [...changed, ...gone]) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), [...OTHER, readFileSync(join(place, inputs[2]!), 'utf8')].join('\n'));
  }
  const before = await manifest(SOURCE, `${place}.before.json.gz`);
  const moves = [
    ...gone.map((name) => [join(place, name), away('gone.json')] as const),
    ...[...added, ...changed].map((name) => [away(name), join(place, name)] as const),
  ];
  const edited = renderInto(
    join(folder, 'edited'),
    {},
    templates({ 'tables/log_transform/users.sql.hbs': (text) => text.replace(/(FROM \w+)/, '$1 -- edited') }),
  );
  return [
    { name: 'before', job: { ...full, arguments: given(full, { output: out('before'), manifest: before }) } },
    {
      name: 'since',
      job: { ...full, moves, arguments: given(full, { output: out('since'), base: out('before') }) },
    },
    {
      name: 'edited',
      job: {
        program: edited[STEP]!,
        arguments: given(full, { output: out('edited'), base: out('since') }),
      },
    },
  ];
}

/** The arguments of the job, with these values in place of its own. */
function given({ arguments: own }: Job, values: Record<string, string>): string[] {
  const kept = own.filter((_, at) => !(own[at - (at % 2)]!.slice(2) in values));
  return [...kept, ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, value])];
}

let folder: string;
let inputs: readonly string[];
let results: Record<string, JobResult>;
const root = (source: string) => join(folder, source);

/** Writes the manifest of what is below the root of a source now. */
async function manifest(source: string, path = `${root(source)}.json.gz`): Promise<string> {
  const store = await openStore(`file://${root(source)}`);
  const input = await readListing(source, `file://${root(source)}`, store.list(''));
  writeFileSync(path, gzipSync([...manifestLines([input])].join('')));
  inputs = input.objects.map(({ key }) => key);
  return `file://${path}`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfall since [it] 100%+ '));
  for (const source of SOURCES)
    for (const one of badInput())
      if (one[source] !== undefined && 'lines' in one[source]) lay(one, source, root(source));
  const programs = renderInto(join(folder, 'programs'));
  const job = async (step: string, source: string, ...more: string[]): Promise<Job> => ({
    program: programs[step]!,
    arguments: [
      ...['--output', `file://${root(source)}.full`, '--source', `${source}=file://${root(source)}`],
      ...['--manifest', await manifest(source), ...more],
    ],
  });
  const songs = await job('song_transform', 'song_data');
  const full = await job(STEP, SOURCE, '--upstream', `song_transform=file://${root('song_data')}.full`);
  const all = inputs;
  const jobs = [{ name: 'songs', job: songs }, ...(await changingJobs(full)), { name: 'full', job: full }];
  inputs = all;
  const done = await runBatch(
    folder,
    jobs.map((one) => one.job),
  );
  results = Object.fromEntries(jobs.map(({ name }, at) => [name, done[at]!]));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['only what is new or changed', 'since', ({ added, changed }: Changes) => added.length + changed.length],
  ['nothing for another query of the same inputs', 'edited', () => 0],
] as const)(
  'parses %s, and equals a full load, book for book',
  async (_, name, expected) => {
    for (const its of ['before', name, 'full']) expect([its, results[its]!.failure]).toEqual([its, null]);
    const { folder: execution, report } = executionOf(`${root(SOURCE)}.${name}`);
    const parsed = expected(changesOf(inputs));
    expect(report.sourceTables[SOURCE]!.parsed).toBe(parsed);
    expect(results[name]!.parsed).toEqual(parsed === 0 ? {} : { [SOURCE]: 1 });
    expect(report.sources).toEqual(executionOf(`${root(SOURCE)}.full`).report.sources);
    const songs = executionOf(`${root('song_data')}.full`);
    const judgement = await judge(
      { songData: root('song_data'), logData: root(SOURCE) },
      { song: songs.folder, log: execution },
    );
    expect(judgement).toMatchObject(NOTHING);
    expect(report.sources[SOURCE]).toEqual(judgement.books.log_data);
  },
  60_000,
);
