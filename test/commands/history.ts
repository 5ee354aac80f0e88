/**
 * A random history of a lake: inputs and templates change, runs fail and are overtaken, sets are rolled back, gc removes, files
 * are lost. After each publication, what it names is compared with what a full load of the same would have made.
 */
import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import { run as attach } from '../../src/commands/attach.ts';
import { run as gc } from '../../src/commands/gc.ts';
import { run as retry } from '../../src/commands/retry.ts';
import { run as rollback } from '../../src/commands/rollback.ts';
import { keys, parseDataFile } from '../../src/lake/layout.ts';
import type { Publication } from '../../src/lake/publication.ts';
import type { StepReport } from '../../src/pipeline/report.ts';
import type { LandfallError } from '../../src/faults.ts';
import { readEngine } from '../../src/session/pipeline-folder.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { stepOf } from './stepped-lake.ts';
import type { SteppedLake } from './stepped-lake.ts';

const STEPS = ['song_transform', 'log_transform'] as const;
type Step = (typeof STEPS)[number];
const SOURCE: Record<Step, string> = { song_transform: 'song_data', log_transform: 'log_data' };

/** What each table is made of, and what its checks looked at, by table. Two loads of the same have the same. */
type Content = Record<string, string>;

interface Table {
  step: Step;
  source: string;
  /** Tables that its query reads, and those that its checks look at. */
  reads: string[];
  checks: string[];
  /** Its `rebuild`. */
  partial?: string;
}

const TABLES: Record<string, Table> = {
  songs: { step: 'song_transform', source: 'song_data', reads: [], checks: ['artists'] },
  artists: { step: 'song_transform', source: 'song_data', reads: [], checks: [] },
  song_keys: { step: 'song_transform', source: 'song_data', reads: [], checks: ['songs'] },
  users: { step: 'log_transform', source: 'log_data', reads: [], checks: [] },
  time: { step: 'log_transform', source: 'log_data', reads: [], checks: [], partial: 'by: [year, month]' },
  songplays: {
    ...{ step: 'log_transform', source: 'log_data', reads: ['song_keys'] },
    checks: ['songs', 'artists', 'users', 'time'],
    partial: 'by: [year, month], when: { song_keys: { title: song } }',
  },
};
const tablesOf = (step: Step) => Object.keys(TABLES).filter((table) => TABLES[table]!.step === step);

/** The queries that made a table, and the tables that it is made of. */
function queriesOf(content = '{}'): string {
  const { query, reads = [] } = JSON.parse(content) as Partial<Made>;
  return JSON.stringify([query, ...reads.map(queriesOf)]);
}

/** What a table is made of: its query, its objects, and the contents of the tables that it reads. */
interface Made {
  query: string;
  objects: string;
  reads: string[];
}

/**
 * Plays a history of that many events. Returns what is wrong: nothing if each publication equals a full load. Throws if the files
 * of the engine changed meanwhile, because then every step runs again, which the model does not expect.
 */
export async function playHistory(lake: SteppedLake, seed: number, events: number): Promise<string[]> {
  const engine = JSON.stringify(readEngine());
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random.fraction() * count);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const wrong: string[] = [];
  const told: string[] = [];

  // The model: objects by source and name, and the version of each step's query.
  const objects: Record<string, Map<string, number>> = {};
  const versions: Content = { songs: '0', users: '0', song_keys: '0' };
  let limit = 98;
  let writes = 1;
  /** What a full load makes now. `songs`: the tables of the first step, where the second reads others. */
  const full = (songs?: Content): Content => {
    const contents: Content = { ...songs };
    for (const [table, { source, reads }] of Object.entries(TABLES)) {
      const its: Made = {
        query: versions[table] ?? '0',
        objects: JSON.stringify([...objects[source]!].sort((a, b) => (a[0] < b[0] ? -1 : 1))),
        reads: reads.map((one) => contents[one]!),
      };
      contents[table] ??= JSON.stringify(its);
    }
    const looked = Object.entries(TABLES).map(([table, { checks }]) => [
      `checks of ${table}`,
      JSON.stringify([contents[table], ...checks.map((one) => contents[one])]),
    ]);
    return { ...contents, ...(Object.fromEntries(looked) as Content) };
  };
  /** By folder of an execution: the contents of its tables. */
  const made = new Map<string, Content>();
  const lost = new Set<string>();
  const limits = new Map<number, number>();

  await lake.begin();
  for (const table of ['songplays', 'time']) {
    const path = lake.at(`templates/tables/log_transform/${table}.sql.hbs`);
    const text = readFileSync(path, 'utf8').replace(/^rebuild:.*\n/m, '');
    const partitioned = 'partition_by: [year, month]\n';
    writeFileSync(path, text.replace(partitioned, `${partitioned}rebuild: { ${TABLES[table]!.partial!} }\n`));
  }
  for (const source of Object.values(SOURCE)) objects[source] = new Map([['one.json', 1]]);
  lake.whenLanded((args, execution) => {
    const step = stepOf(args) as Step;
    const placeOf = (flag: string) =>
      (args[args.indexOf(flag) + 1] ?? '').replace(/^.*(?=_landfall\/runs\/)/, '');
    const upstream = placeOf('--upstream');
    // A detached step is given the folder of the attempt, because there was no execution when it was submitted.
    const read = [...made].find(([folder]) => folder === upstream || folder.startsWith(`${upstream}/`))?.[1];
    const songs = Object.fromEntries(tablesOf('song_transform').map((table) => [table, read?.[table] ?? '']));
    const now = step === 'song_transform' ? full() : full(songs);
    const before = args.includes('--base') ? made.get(placeOf('--base')) : undefined;
    const report = reportOf(execution);
    for (const table of tablesOf(step)) {
      const kind = report.tables[table]?.made.kind;
      const checks = `checks of ${table}`;
      if (kind === 'carried over') {
        now[table] = before?.[table] ?? 'nothing';
        now[checks] = before?.[checks] ?? 'nothing';
      }
      if (kind === 'partitions') {
        // Partitions that are not made again have what earlier queries made, of it or of the tables that it looks up.
        if (queriesOf(before?.[table]) !== queriesOf(now[table])) now[table] = 'a mix';
      }
    }
    made.set(execution, now);
  });

  const reportOf = (execution: string) =>
    JSON.parse(lake.files.read(keys.report(execution)).toString()) as StepReport;
  const contentOf = ({ madeOf }: Publication): Content =>
    Object.fromEntries(
      madeOf.steps.flatMap(({ step, execution }) =>
        tablesOf(step as Step).flatMap((table) =>
          [table, `checks of ${table}`].map((name) => [name, made.get(execution)?.[name] ?? '']),
        ),
      ),
    );
  const newest = () => lake.newest().catch(() => undefined);
  const complain = (what: string) => wrong.push(`${what}, after ${told.slice(-6).join('; ')}`);

  /** The files that a step of the publication made, or took over. */
  const filesOf = ({ tables, kept }: Publication, step: Step): string[] => {
    const isIts = ({ table }: { table: string }) => table === SOURCE[step] || TABLES[table]?.step === step;
    return [...tables, ...kept]
      .filter(isIts)
      .flatMap(({ files }): string[] => files.map(({ key }: { key: string }) => key));
  };

  /** By step that has to run, by the model: the tables that it need not make, and those of which it makes partitions. */
  const needed = (before: Publication | undefined): Map<Step, string> => {
    const now = full();
    const content = before === undefined ? {} : contentOf(before);
    const isGone = (step: Step) => before !== undefined && filesOf(before, step).some((key) => lost.has(key));
    const changed = new Set<string>();
    const needs = new Map<Step, string>();
    for (const step of STEPS) {
      const gone = before === undefined || isGone(step);
      const isSame = (table: string) => content[table] === now[table];
      for (const table of tablesOf(step)) if (gone || !isSame(table)) changed.add(table);
      const of = (table: string) => {
        const { reads, checks, partial } = TABLES[table]!;
        if (gone) return '';
        const isRead = reads.some((one) => changed.has(one));
        if (!changed.has(table) && !isRead && !checks.some((one) => changed.has(one)))
          return `--carry-over ${table}`;
        // Rows of a table that it looks up can be compared only if that table's files are there.
        const isWhole = partial === undefined || queriesOf(content[table]) !== queriesOf(now[table]);
        return isWhole || reads.some((one) => isGone(TABLES[one]!.step)) ? '' : `--partitions ${table}`;
      };
      const lists = tablesOf(step).map(of);
      if (lists.some((one) => !one.startsWith('--carry-over')))
        needs.set(step, lists.filter(Boolean).sort().join(' '));
    }
    return needs;
  };

  const checkNewest = async () => {
    const entry = await newest();
    if (entry === undefined) return;
    const now = full();
    const content = contentOf(entry);
    for (const name of Object.keys(now))
      if (content[name] !== now[name]) complain(`${name} is not what a full load makes`);
    for (const { execution, writes } of entry.madeOf.steps) {
      const place = execution.split('/').at(-1);
      const report = reportOf(execution);
      for (const { table, files } of entry.tables.filter((one) => writes.includes(one.table))) {
        const own = files.filter(({ key }) => parseDataFile(key)?.execution === place).length;
        const { kind } = report.tables[table]!.made;
        const isRight = { whole: own === files.length, partitions: own > 0, 'carried over': own === 0 }[kind];
        if (!isRight) complain(`${table} of ${execution} (${kind}) has ${String(own)} files of its own`);
      }
    }
    await lake.isIntact().catch((error: unknown) => complain(String(error)));
  };

  let runs = 0;
  const submit = async (flags: Record<string, unknown>, how: 'lands' | 'fails' | 'is overtaken') => {
    const run = `r${String((runs += 1))}`;
    const before = await newest();
    const needs = flags['full'] === true ? new Map<Step, string>() : needed(before);
    const expected = flags['full'] === true ? [...STEPS] : [...needs.keys()];
    const isSame = before !== undefined && expected.length === 0 && limits.get(before.number) === limit;
    const failing = how === 'fails' ? pick(STEPS) : undefined;
    let stolen: Publication | undefined;
    let hasFailed = false;
    lake.endsSteps((args) => {
      hasFailed ||= stepOf(args) === failing;
      if (hasFailed) return 'FAILED';
      if (how === 'is overtaken' && before !== undefined && stolen === undefined) {
        stolen = { ...before, number: before.number + 1 };
        lake.files.write(keys.publication(stolen.number), JSON.stringify(stolen));
        limits.set(stolen.number, limits.get(before.number)!);
      }
      return 'COMPLETED';
    });
    const outcome = await lake.submitting(run, flags);
    lake.endsSteps(() => 'COMPLETED');
    const ran = lake.steps() as Step[];
    told.push(
      `${run} (${how}, ${JSON.stringify(flags)}): ${outcome.failure?.fault ?? 'ok'}, ran ${ran.join('+')}`,
    );
    if (isSame) {
      const { state } = (outcome.value ?? {}) as { state?: string };
      if (state !== 'nothing to do' || ran.length > 0) complain(`${run} should have had nothing to do`);
      return;
    }
    const attached = flags['detach'] === true && outcome.failure === undefined;
    const { failure } = attached ? await lake.does(attach, { run }) : outcome;
    if (failing !== undefined && ran.includes(failing)) {
      if (failure?.fault !== 'step') return void complain(`${run} should have failed: ${reason(failure)}`);
      if (random.fraction() < 0.5) await again(run);
      return;
    }
    if (JSON.stringify(ran) !== JSON.stringify(expected))
      complain(`${run} ran ${ran.join('+')} where ${expected.join('+')} had to run`);
    for (const args of lake.submitted()) {
      const lists = args.flatMap((word, at) =>
        ['--carry-over', '--partitions'].includes(word) ? [`${word} ${args[at + 1]!}`] : [],
      );
      const [given, wanted] = [lists.sort().join(' '), needs.get(stepOf(args) as Step) ?? ''];
      if (given !== wanted) complain(`${run} gave ${stepOf(args)} ${given} where ${wanted} was right`);
    }
    if (stolen !== undefined) {
      if (failure?.fault !== 'overtaken') complain(`${run} should have been overtaken: ${reason(failure)}`);
      return;
    }
    if (failure !== undefined) return void complain(`${run} failed: ${reason(failure)}`);
    const after = await newest();
    if (after?.run !== run) complain(`${run} is not the newest publication`);
    else limits.set(after.number, limit);
    await checkNewest();
  };

  /** Retries the run that has just failed, perhaps with another query. */
  const again = async (run: string) => {
    if (random.fraction() < 0.5) changeQuery();
    const { failure } = await lake.does(retry, { run });
    told.push(`retry ${run}: ${failure?.fault ?? 'ok'}`);
    if (failure !== undefined) return void complain(`the retry of ${run} failed: ${reason(failure)}`);
    const after = await newest();
    if (after !== undefined) limits.set(after.number, limit);
    await checkNewest();
  };

  const changeQuery = () => {
    const table = pick(Object.keys(versions));
    const path = lake.at(`templates/tables/${TABLES[table]!.step}/${table}.sql.hbs`);
    const version = below(3);
    const query = readFileSync(path, 'utf8').replace(/\n-- version \d+\n$|$/, '');
    writeFileSync(path, `${query}${version === 0 ? '' : `\n-- version ${String(version)}\n`}`);
    versions[table] = String(version);
    told.push(`${table} has query ${String(version)}`);
  };

  const changeObject = () => {
    const source = pick(Object.values(SOURCE));
    const its = objects[source]!;
    const name = pick(['one.json', 'b.json', 'c/d.json', 'z.json']);
    const goes = its.has(name) && its.size > 1 && random.fraction() < 0.5;
    if (goes) {
      rmSync(lake.at(`${source}/${name}`));
      its.delete(name);
    } else {
      lake.write(`${source}/${name}`, `{"a":${String((writes += 1))}}\n`);
      its.set(name, writes);
    }
    told.push(`${source}/${name} is ${goes ? 'gone' : 'written'}`);
  };

  const changeLimit = () => {
    limit = 98 + below(2);
    const text = readFileSync(lake.at('dl.cfg'), 'utf8').replace(/\[CHECKS\][^[]*/, '');
    lake.write('dl.cfg', `${text}[CHECKS]\nmax_quarantined = ${String(limit)}%\n`);
    told.push(`the limit is ${String(limit)}`);
  };

  const others: Record<string, () => Promise<void>> = {
    rollback: async () => {
      const before = await newest();
      if (before === undefined) return;
      const number = 1 + below(before.number);
      const { failure } = await lake.does(rollback, { number: String(number) });
      told.push(`rollback to ${String(number)}: ${failure?.fault ?? 'ok'}`);
      const after = await newest();
      if (failure === undefined && after !== undefined) limits.set(after.number, limits.get(number)!);
    },
    gc: async () => {
      for (const key of lake.files.keys().filter((one) => one.startsWith(keys.runs))) lake.files.age(key, 9);
      const { failure } = await lake.does(gc, { keep: 1 + below(3), yes: true });
      told.push(`gc: ${failure?.fault ?? 'ok'}`);
      if (failure !== undefined) complain(`gc failed: ${reason(failure)}`);
    },
    loss: async () => {
      const before = await newest();
      if (before === undefined) return;
      const file = pick(filesOf(before, pick(STEPS)).filter((key) => !lost.has(key)));
      rmSync(lake.at(`lake/${file}`), { force: true });
      lost.add(file);
      told.push(`lost ${file}`);
    },
  };

  const changes: readonly (() => Promise<void> | void)[] = [
    ...[changeObject, changeObject, changeQuery, changeLimit],
    ...Object.values(others),
  ];
  changeLimit();
  await submit({}, 'lands');
  for (let event = 1; event < events && wrong.length === 0; event += 1) {
    for (let left = below(3); left > 0; left -= 1) await pick(changes)();
    const flags = pick<Record<string, unknown>>([{}, {}, {}, { detach: true }, { full: true }]);
    await submit(flags, pick(['lands', 'lands', 'lands', 'fails', 'is overtaken'] as const));
  }
  if (JSON.stringify(readEngine()) !== engine)
    throw new Error('spark-templates/engine was changed while this history was played; run the test again');
  return wrong;
}

const reason = (failure: LandfallError | undefined) =>
  failure === undefined ? 'it succeeded' : [failure.message, ...failure.why].join(' | ');
