/** What is made again since the newest publication, and what is carried over, as text. Pure. */
import { count } from '../counted.ts';
import { grouped } from '../grouped.ts';
import { parseExecution } from '../lake/layout.ts';
import type { SourceDifference } from '../run/difference.ts';
import { changesWords } from '../run/rebuild.ts';
import type { StepDecision, TableDecision } from '../run/rebuild.ts';
import type { Action } from './format-plan.ts';

export interface Rebuild {
  /** The newest publication. */
  publication: number;
  /** Absent when its list of inputs cannot be read. */
  sources?: readonly SourceDifference[];
  steps: readonly StepDecision[];
  /** Steps that use rows of the execution before: the contract of a source of theirs is what it was. */
  withEarlierRows: readonly string[];
}

/** The steps that do not run, for `plan`. */
export function carriedActions({ steps }: Rebuild): Action[] {
  return steps
    .filter(({ runs }) => !runs)
    .map(({ step, tables }) => ({
      action: `carry over ${tables.map(({ table }) => table).join(', ')}: ${step} does not run`,
      reason: tables[0]?.reason ?? '',
    }));
}

/** The same, a line each, for `submit`. */
export function carriedLines(rebuild: Rebuild): string[] {
  return carriedActions(rebuild).map(({ action, reason }) => `${action}; ${reason}`);
}

/** The tables that a step makes again; all of them where nothing is known of a publication before. */
export function rebuiltTables(rebuild: Rebuild | undefined, name: string, all: readonly string[]): string[] {
  const carried = rebuild === undefined ? [] : tablesOf(rebuild, name).filter(isCarriedOver);
  return all.filter((table) => !carried.some((one) => one.table === table));
}

/** What a step makes again and why, a line for each reason, what it carries over, and the run whose rows it uses. */
export function rebuiltLines(rebuild: Rebuild, name: string): string[] {
  const { base, reason } = rebuild.steps.find(({ step }) => step === name) ?? {};
  const earlier = parseExecution(base?.execution ?? '')?.run;
  const alike = grouped(
    tablesOf(rebuild, name),
    ({ decision, by, reason }) => `${decision} ${String(by)} ${reason}`,
  );
  return [
    ...(reason === undefined ? [] : [`makes no table again, but runs: ${reason}`]),
    ...[...alike.values()].flatMap((its) => decisionLine(its)),
    ...(earlier === undefined || !rebuild.withEarlierRows.includes(name)
      ? []
      : [`unchanged objects are not parsed again: run ${earlier} has their rows`]),
  ];
}

/** Tables with the same decision for the same reason. */
function decisionLine(its: readonly TableDecision[]): string[] {
  const tables = its.map(({ table }) => table).join(', ');
  return its.slice(0, 1).map(({ decision, by = [], reason }) => {
    switch (decision) {
      case 'carry over':
        return `carry over ${tables}: ${reason}`;
      case 'rebuild partitions':
        return `rebuild partitions of ${tables}, by ${by.join(', ')}: ${reason}`;
      case 'rebuild whole':
        return `rebuild ${tables} whole: ${reason}`;
    }
  });
}

const isCarriedOver = ({ decision }: TableDecision) => decision === 'carry over';

const tablesOf = ({ steps }: Rebuild, name: string) => steps.find(({ step }) => step === name)?.tables ?? [];

/** How a source differs, with its first objects of each kind. */
export function changedObjects({ publication, sources = [] }: Rebuild, name: string): string[] {
  const its = sources.find(({ source }) => source === name);
  if (its === undefined) return [];
  const kinds = [
    ['new', its.new],
    ['changed', its.changed],
    ['gone', its.gone],
  ] as const;
  return [
    `since publication ${String(publication)}: ${changesWords(its)}`,
    ...kinds.flatMap(([kind, { count: total, first }]) => [
      ...first.map((uri) => `${kind}: ${uri}`),
      ...(total > first.length ? [`${kind}: ${count(total - first.length)} more`] : []),
    ]),
  ];
}
