/** Which tables a run makes again, how much of them, and which it takes over from the newest publication. Pure. */
import { count } from '../counted.ts';
import type { TableContract, TableDependencies } from '../pipeline/contract.ts';
import { present } from '../present.ts';
import { isUnchanged } from './difference.ts';
import type { SourceDifference } from './difference.ts';
import { stepMade } from './made-of.ts';
import type { MadeOf, StepMade } from './made-of.ts';
import type { PlannedStep, RunPlan, StepBase } from './plan.ts';

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
  decision: 'carry over' | 'rebuild partitions' | 'rebuild whole';
  reason: string;
  /** Of which only some partitions are made again: the columns that tell these apart. */
  by?: readonly string[];
}

export interface StepDecision {
  step: string;
  runs: boolean;
  tables: readonly TableDecision[];
  /** Why it runs although it carries all of its tables over. */
  reason?: string;
  /** Where the tables that are carried over are, if the step does not run: the execution that made them. */
  execution?: string;
  /** Of a step that runs: what it takes from the execution before. */
  base?: StepBase;
}

/** What decisions are made from. */
interface Known {
  base: Base;
  digests: RunPlan['digests'];
  /** Tables whose content is not as before. */
  changed: ReadonlyMap<string, ChangedTable>;
}

interface ChangedTable {
  /** The same query and contract made it as before, in the same step, and its files are there: only its rows can differ. */
  onlyRows: boolean;
}

/**
 * Decides table by table. A table is made again if its contract or query changed, or the objects or contract of a source it reads, or
 * another table it depends on. A step runs if it makes a table again, or if its sources changed, because its report counts their lines.
 */
export function decideRebuild(
  { steps, digests }: Pick<RunPlan, 'steps' | 'digests'>,
  base: Base,
): StepDecision[] {
  const changed = new Map<string, ChangedTable>();
  return steps.map((step) => {
    const made = base.madeOf.steps.find((one) => one.step === step.name);
    const decided = decideTables(step, made, { base, digests, changed });
    const tables = decided.map(({ decision }) => decision);
    const isMadeAgain = tables.some(({ decision }) => decision !== 'carry over');
    const reason = reasonToRun(step, made, { base, digests });
    for (const [table, change] of changedTables(decided)) changed.set(table, change);
    if (made !== undefined && reason === undefined && !isMadeAgain)
      return { step: step.name, runs: false, execution: made.execution, tables };
    return {
      step: step.name,
      runs: true,
      tables,
      ...(isMadeAgain || reason === undefined ? {} : { reason }),
      ...baseOf(step, made, tables, { base, digests }),
    };
  });
}

/** A check may compare a table with another one of its step, which may come later. */
function decideTables(step: PlannedStep, made: StepMade | undefined, known: Known): Decided[] {
  const decide = (changed: Known['changed']) =>
    step.tables.map((table) => decideTable(table, step, made, { ...known, changed }));
  return decide(new Map([...known.changed, ...changedTables(decide(known.changed))]));
}

interface Decided {
  decision: TableDecision;
  /** Undefined for a table that is made again only because of its checks: its rows stay the same. */
  change?: ChangedTable;
}

const changedTables = (decided: readonly Decided[]) =>
  decided.flatMap(({ decision: { table }, change }) =>
    change === undefined ? [] : [[table, change] as const],
  );

function decideTable(
  { name: table, rebuild }: TableContract,
  step: PlannedStep,
  made: StepMade | undefined,
  known: Known,
): Decided {
  const { query, checks } = present<TableDependencies>(step.dependencies[table], `dependencies of ${table}`);
  const lookedUp = Object.keys(rebuild?.when ?? {});
  const read = query.flatMap((name) => changeOf(name, step, known, lookedUp) ?? []);
  const compared = checks.flatMap((name) => (name === table ? [] : (changeOf(name, step, known) ?? [])));
  const own = ownReason(table, step, made, known);
  const other = own ?? read.find(({ canBePart }) => !canBePart)?.reason;
  if (other !== undefined)
    return {
      decision: { table, decision: 'rebuild whole', reason: other },
      change: { onlyRows: own === undefined },
    };
  const change = read.length > 0 ? { change: { onlyRows: true } } : {};
  // Checks read the whole table. A change that only they see affects no partition.
  const [first, ...more] = read.length > 0 ? read : compared.slice(0, 1);
  if (first === undefined) {
    const reason = `inputs, queries and contracts are those of publication ${String(known.base.publication)}`;
    return { decision: { table, decision: 'carry over', reason } };
  }
  if (rebuild === undefined)
    return { decision: { table, decision: 'rebuild whole', reason: first.reason }, ...change };
  const reason = [...new Set([first, ...more].map((one) => one.reason))].join('; ');
  return { decision: { table, decision: 'rebuild partitions', reason, by: rebuild.by }, ...change };
}

/** Why the table is made again, whatever it reads. */
function ownReason(
  table: string,
  { name }: PlannedStep,
  made: StepMade | undefined,
  { base: { publication, madeOf, lost }, digests }: Known,
): string | undefined {
  const before = madeOf.tables[table];
  if (made === undefined) return `publication ${String(publication)} has no step ${name}`;
  if (lost.has(name)) return lost.get(name);
  if (!made.writes.includes(table)) return before === undefined ? 'it is new' : 'another step made it before';
  if (before === undefined) return 'how the published one was made is not known';
  return before === digests.tables[table] ? undefined : 'its query or contract changed';
}

interface Change {
  reason: string;
  /** Which rows may differ can be found out: objects of a source changed, or rows of a table that rows look up. */
  canBePart: boolean;
}

/** What changed about a view that the step reads, or about a table. `lookedUp`: tables that the contract names in `when`. */
function changeOf(
  name: string,
  { sources }: PlannedStep,
  known: Known,
  lookedUp: readonly string[] = [],
): Change | undefined {
  const source = sources.find(({ views }) => views.includes(name));
  if (source !== undefined) return sourceChange(source.name, known);
  const changed = known.changed.get(name);
  if (changed === undefined) return undefined;
  return changed.onlyRows && lookedUp.includes(name)
    ? { reason: `it looks up rows of ${name}, which change`, canBePart: true }
    : { reason: `it depends on ${name}, which changes`, canBePart: false };
}

function sourceChange(name: string, { base, digests }: Omit<Known, 'changed'>): Change | undefined {
  if (sourceDigest(base.madeOf, name) !== digests.sources[name])
    return { reason: `the contract of ${name} changed`, canBePart: false };
  const changes = base.differences?.find(({ source }) => source === name);
  if (changes === undefined) return { reason: `what changed in ${name} is not known`, canBePart: false };
  if (isUnchanged(changes)) return undefined;
  return { reason: `objects of ${name}: ${changesWords(changes)}`, canBePart: true };
}

/** Why the step runs, whatever becomes of its tables. */
function reasonToRun(
  step: PlannedStep,
  made: StepMade | undefined,
  known: Omit<Known, 'changed'>,
): string | undefined {
  if (made === undefined) return undefined;
  const { reads, writes } = stepMade(step, made.execution);
  if (!sameNames(reads, made.reads)) return 'it reads something else than before';
  if (!sameNames(writes, made.writes)) return 'it writes other tables than before';
  const [change] = step.sources.flatMap(({ name }) => sourceChange(name, known) ?? []);
  return change?.reason ?? known.base.lost.get(step.name);
}

/** The previous execution, if the step can take tables from it, or rows of a source whose digest is unchanged. */
function baseOf(
  step: PlannedStep,
  made: StepMade | undefined,
  tables: readonly TableDecision[],
  { base: { madeOf }, digests }: Omit<Known, 'changed'>,
): Pick<StepDecision, 'base'> {
  const isSame = readsSameSource(step, madeOf, digests);
  const those = (wanted: TableDecision['decision']) =>
    tables.filter(({ decision }) => decision === wanted).map(({ table }) => table);
  const [carryOver, partitions] = [those('carry over'), those('rebuild partitions')];
  return made !== undefined && (isSame || carryOver.length + partitions.length > 0)
    ? { base: { execution: made.execution, carryOver, partitions } }
    : {};
}

/** Whether the step reads a source whose contract is that of the publication, so that it can use rows that were kept of it. */
export function readsSameSource(
  { sources }: PlannedStep,
  madeOf: MadeOf,
  digests: RunPlan['digests'],
): boolean {
  return sources.some(({ name }) => sourceDigest(madeOf, name) === digests.sources[name]);
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

function byStep<Value>(
  decisions: readonly StepDecision[],
  pick: (decision: StepDecision) => Value | undefined,
): Record<string, Value> | undefined {
  const picked = decisions.flatMap((decision) => {
    const value = pick(decision);
    return value === undefined ? [] : [[decision.step, value] as const];
  });
  return picked.length === 0 ? undefined : Object.fromEntries(picked);
}
