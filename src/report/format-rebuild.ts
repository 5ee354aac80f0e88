/** What is made again since the newest publication, and what is carried over, as text. Pure. */
import { count } from '../counted.ts';
import { parseExecution } from '../lake/layout.ts';
import type { SourceDifference } from '../run/difference.ts';
import { changesWords } from '../run/rebuild.ts';
import type { StepDecision } from '../run/rebuild.ts';
import type { Action } from './format-plan.ts';

export interface Rebuild {
  /** The newest publication. */
  publication: number;
  /** Absent when its list of inputs cannot be read. */
  sources?: readonly SourceDifference[];
  steps: readonly StepDecision[];
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

/** Why a step makes its tables again, a line for each reason, and the run whose rows it uses. */
export function rebuiltLines({ steps }: Rebuild, name: string): string[] {
  const { tables = [], base = '' } = steps.find(({ step }) => step === name) ?? {};
  const reasons = new Set(tables.map(({ reason }) => reason));
  const earlier = parseExecution(base)?.run;
  return [
    ...[...reasons].map((reason) => {
      const its = tables.filter((one) => one.reason === reason).map(({ table }) => table);
      return `rebuild ${its.join(', ')} whole: ${reason}`;
    }),
    ...(earlier === undefined
      ? []
      : [`unchanged objects are not parsed again: run ${earlier} has their rows`]),
  ];
}

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
