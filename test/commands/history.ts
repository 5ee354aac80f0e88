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
import type { LandfallError } from '../../src/faults.ts';
import { readEngine } from '../../src/session/pipeline-folder.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { stepOf } from './stepped-lake.ts';
import type { SteppedLake } from './stepped-lake.ts';

const STEPS = ['song_transform', 'log_transform'] as const;
type Step = (typeof STEPS)[number];
const SOURCE: Record<Step, string> = { song_transform: 'song_data', log_transform: 'log_data' };
const TABLE: Record<Step, string> = { song_transform: 'songs', log_transform: 'users' };

/** What a step's tables are made of, by step. Two loads of the same have the same. */
type Content = Record<Step, string>;

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
  const versions: Content = { song_transform: '0', log_transform: '0' };
  let limit = 98;
  let writes = 1;
  const full = (): Content => {
    const own = (step: Step) =>
      JSON.stringify([versions[step], [...objects[SOURCE[step]]!].sort((a, b) => (a[0] < b[0] ? -1 : 1))]);
    const song = own('song_transform');
    return { song_transform: song, log_transform: JSON.stringify([own('log_transform'), song]) };
  };
  /** By folder of an execution: what it was made of, by its own upstreams. */
  const made = new Map<string, string>();
  const lost = new Set<string>();
  const limits = new Map<number, number>();

  await lake.begin();
  for (const source of Object.values(SOURCE)) objects[source] = new Map([['one.json', 1]]);
  lake.whenLanded((args, execution) => {
    const step = stepOf(args) as Step;
    const upstream = (args[args.indexOf('--upstream') + 1] ?? '').replace(/^.*(?=_landfall\/runs\/)/, '');
    // A detached step is given the folder of the attempt, because there was no execution when it was submitted.
    const read = [...made].find(([folder]) => folder === upstream || folder.startsWith(`${upstream}/`));
    const { song_transform: song, log_transform: log } = full();
    made.set(
      execution,
      step === 'song_transform' ? song : JSON.stringify([(JSON.parse(log) as string[])[0], read?.[1]]),
    );
  });

  const contentOf = ({ madeOf }: Publication): Partial<Content> =>
    Object.fromEntries(madeOf.steps.map(({ step, execution }) => [step, made.get(execution)]));
  const newest = () => lake.newest().catch(() => undefined);
  const complain = (what: string) => wrong.push(`${what}, after ${told.slice(-6).join('; ')}`);

  /** The steps that have to run, by the model. */
  const needed = (before: Publication | undefined): Step[] => {
    const now = full();
    const content = before === undefined ? {} : contentOf(before);
    const isGone = (step: Step) =>
      before?.madeOf.steps.some((one) => one.step === step && lost.has(one.execution)) ?? false;
    const song = content.song_transform !== now.song_transform || isGone('song_transform');
    const log = song || content.log_transform !== now.log_transform || isGone('log_transform');
    return [...(song ? (['song_transform'] as const) : []), ...(log ? (['log_transform'] as const) : [])];
  };

  const checkNewest = async () => {
    const entry = await newest();
    if (entry === undefined) return;
    const now = full();
    for (const { step, execution, writes } of entry.madeOf.steps) {
      if (made.get(execution) !== now[step as Step]) complain(`${step} is not what a full load makes`);
      const place = execution.split('/').at(-1);
      for (const { table, files } of entry.tables.filter((one) => writes.includes(one.table)))
        if (files.some(({ key }) => parseDataFile(key)?.execution !== place))
          complain(`${table} has files of another execution than ${execution}`);
    }
    await lake.isIntact().catch((error: unknown) => complain(String(error)));
  };

  let runs = 0;
  const submit = async (flags: Record<string, unknown>, how: 'lands' | 'fails' | 'is overtaken') => {
    const run = `r${String((runs += 1))}`;
    const before = await newest();
    const expected = flags['full'] === true ? [...STEPS] : needed(before);
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
    const step = pick(STEPS);
    const path = lake.at(`templates/tables/${step}/${TABLE[step]}.sql.hbs`);
    const version = below(3);
    const query = readFileSync(path, 'utf8').replace(/\n-- version \d+\n$|$/, '');
    writeFileSync(path, `${query}${version === 0 ? '' : `\n-- version ${String(version)}\n`}`);
    versions[step] = String(version);
    told.push(`${step} has query ${String(version)}`);
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
      const { execution, writes } = pick(before.madeOf.steps);
      const folder = keys.table(execution, pick(writes));
      const file = lake.files.keys().find((key) => key.startsWith(folder));
      if (file === undefined) return void complain(`${folder} is empty`);
      rmSync(lake.at(`lake/${file}`));
      lost.add(execution);
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
