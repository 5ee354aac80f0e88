/** Which tables a run makes again, and which it takes over from the newest publication. Pure. */
import { count } from '../counted.ts';
import { isUnchanged } from './difference.ts';
import type { SourceDifference } from './difference.ts';
import { stepMade } from './made-of.ts';
import type { MadeOf, StepMade } from './made-of.ts';
import type { PlannedStep, RunPlan } from './plan.ts';

/** The publication that a plan is compared with. */
export interface Base {
  publication: number;
  madeOf: MadeOf;
  /** By source; undefined where its list of inputs cannot be read. */
  differences: readonly SourceDifference[] | undefined;
  /** By step: why the tables that it made cannot be used. */
  lost: ReadonlyMap<string, string>;
}

export interface TableDecision {
  table: string;
  decision: 'carry over' | 'rebuild whole';
  reason: string;
}

export interface StepDecision {
  step: string;
  runs: boolean;
  tables: readonly TableDecision[];
  /** Where the tables that are carried over are: the execution that made them. */
  execution?: string;
  /** Of a step that runs: the execution whose source tables it uses. */
  base?: string;
}

/**
 * Decides for each step whether it runs. It does if anything changed that decides the content of one of its tables: what it
 * reads, the contract or query of a table, or a table of an earlier step. A step makes all of its tables, or none.
 */
export function decideRebuild(
  { steps, digests }: Pick<RunPlan, 'steps' | 'digests'>,
  base: Base,
): StepDecision[] {
  const running = new Set<string>();
  return steps.map((step) => {
    const made = base.madeOf.steps.find((one) => one.step === step.name);
    const common = reasonForAll(step, made, { base, digests, running });
    const own = step.tables.map(
      ({ name }) => [name, ownReason(name, digests.tables, base.madeOf.tables)] as const,
    );
    const [changed] = own.filter(([, reason]) => reason !== undefined);
    if (made !== undefined && common === undefined && changed === undefined)
      return {
        step: step.name,
        runs: false,
        execution: made.execution,
        tables: step.tables.map(({ name }) => ({
          table: name,
          decision: 'carry over' as const,
          reason: `inputs, queries and contracts are those of publication ${String(base.publication)}`,
        })),
      };
    running.add(step.name);
    const fallback = common ?? `its step makes ${changed?.[0] ?? ''} again`;
    return {
      step: step.name,
      runs: true,
      ...baseOf(step, made, { base, digests }),
      tables: own.map(([table, reason]) => ({
        table,
        decision: 'rebuild whole' as const,
        reason: reason ?? fallback,
      })),
    };
  });
}

/** The previous execution, if the digest of at least one source that the step reads is unchanged. */
function baseOf(
  { sources }: PlannedStep,
  made: StepMade | undefined,
  { base: { madeOf }, digests }: { base: Base; digests: RunPlan['digests'] },
): Pick<StepDecision, 'base'> {
  const isSame = sources.some(({ name }) => sourceDigest(madeOf, name) === digests.sources[name]);
  return made !== undefined && isSame ? { base: made.execution } : {};
}

/** Why all tables of the step are made again; undefined when nothing that they share changed. */
function reasonForAll(
  step: PlannedStep,
  made: StepMade | undefined,
  { base, digests, running }: { base: Base; digests: RunPlan['digests']; running: ReadonlySet<string> },
): string | undefined {
  const number = String(base.publication);
  if (made === undefined) return `publication ${number} has no step ${step.name}`;
  const { reads, writes } = stepMade(step, made.execution);
  if (!sameNames(reads, made.reads)) return 'its step reads something else than before';
  if (!sameNames(writes, made.writes)) return 'its step writes other tables than before';
  for (const { name } of step.sources) {
    if (sourceDigest(base.madeOf, name) !== digests.sources[name]) return `the contract of ${name} changed`;
    const changes = base.differences?.find(({ source }) => source === name);
    if (changes === undefined) return `what changed in ${name} is not known`;
    if (!isUnchanged(changes)) return `objects of ${name}: ${changesWords(changes)}`;
  }
  const upstream = step.upstreams.find((name) => running.has(name));
  if (upstream !== undefined) return `it reads what ${upstream} makes again`;
  return base.lost.get(step.name);
}

function ownReason(
  table: string,
  now: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): string | undefined {
  if (before[table] === undefined) return 'how the published one was made is not known';
  return before[table] === now[table] ? undefined : 'its query or contract changed';
}

function sourceDigest({ sources }: MadeOf, name: string): string | undefined {
  return sources.find(({ source }) => source === name)?.digest;
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** `1 new, 2 changed, 1 gone, 5 unchanged`, without what there is none of. */
export function changesWords({ new: added, changed, gone, unchanged }: SourceDifference): string {
  const kinds = [
    [added.count, 'new'],
    [changed.count, 'changed'],
    [gone.count, 'gone'],
    [unchanged, 'unchanged'],
  ] as const;
  return kinds.flatMap(([number, word]) => (number === 0 ? [] : [`${count(number)} ${word}`])).join(', ');
}

/** The earlier executions that the plan uses: those whose tables are carried over, and those that steps build on. */
export function earlierExecutions(decisions: readonly StepDecision[]): Pick<RunPlan, 'carried' | 'bases'> {
  const carried = byStep(decisions, ({ execution }) => execution);
  const bases = byStep(decisions, ({ base }) => base);
  return {
    ...(carried === undefined ? {} : { carried }),
    ...(bases === undefined ? {} : { bases }),
  };
}

function byStep(
  decisions: readonly StepDecision[],
  pick: (decision: StepDecision) => string | undefined,
): Record<string, string> | undefined {
  const picked = decisions.flatMap((decision) => {
    const execution = pick(decision);
    return execution === undefined ? [] : [[decision.step, execution] as const];
  });
  return picked.length === 0 ? undefined : Object.fromEntries(picked);
}
