/** What a publication's tables were made of, and whether a plan would make the same again. Pure. */
import type { Digests } from '../pipeline/contract.ts';
import type { PlannedStep, RunPlan } from './plan.ts';

/** The execution that made a step's tables, and what that step reads and writes. */
export interface StepMade {
  step: string;
  /** Relative to the lake: of the run that published, or of the one that it carried the tables over from. */
  execution: string;
  /** Views, and tables' steps. */
  reads: readonly string[];
  /** Tables, internal ones too. */
  writes: readonly string[];
}

export interface MadeOf {
  /** The digest of the list of inputs, and the run that has this list. */
  inputs: { digest: string; run: string };
  sources: readonly { source: string; digest: string; objects: number; bytes: number }[];
  /** By table, internal ones too: the digest of its contract, query and engine. */
  tables: Readonly<Record<string, string>>;
  steps: readonly StepMade[];
  /** The limit that the rejected lines were held against. */
  maxQuarantined: number;
}

/** `executions`: by step, the one that was accepted or carried over. */
export function madeOf(plan: RunPlan, executions: Readonly<Record<string, string>>): MadeOf {
  const { steps } = plan;
  return {
    ...contentOf(plan),
    steps: steps.flatMap((step) => {
      const execution = executions[step.name];
      return execution === undefined ? [] : [stepMade(step, execution)];
    }),
  };
}

export function stepMade({ name, sources, upstreams, tables }: PlannedStep, execution: string): StepMade {
  const views = sources.flatMap((source) => source.views.map((view) => `${source.name}.${view}`));
  return {
    step: name,
    execution,
    reads: [...views, ...upstreams],
    writes: tables.map((table) => table.name),
  };
}

function contentOf({ run, inputsDigest, sources, digests, maxQuarantined }: RunPlan): Omit<MadeOf, 'steps'> {
  return {
    inputs: { digest: inputsDigest, run },
    sources: sources.map(({ name, objects, bytes }) => ({
      source: name,
      digest: digests.sources[name] ?? '',
      objects,
      bytes,
    })),
    tables: digests.tables,
    maxQuarantined,
  };
}

/** Why the plan would make something else from the same inputs; empty when it would come to the same tables and verdict. */
export function differences(made: MadeOf, plan: RunPlan): string[] {
  const now = contentOf(plan);
  const digests = ({ sources }: Pick<MadeOf, 'sources'>) =>
    Object.fromEntries(sources.map(({ source, digest }) => [source, digest]));
  return [
    ...changed(digests(made), digests(now)).map((name) => `the contract of the source ${name} changed`),
    ...changed(made.tables, now.tables).map((name) => `the query or contract of ${name} changed`),
    ...(made.maxQuarantined === now.maxQuarantined ? [] : ['max_quarantined changed']),
  ];
}

/** Names that are on one side only, or with another digest on the other. */
function changed(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.filter((name) => before[name] !== now[name]);
}

/**
 * The digests of a plan in which only some steps run again. A table that does not keeps the digest that it was made with;
 * it has none where a step that it depends on runs again without it: no digest would tell what it was made of.
 */
export function digestsAfterRerun(before: RunPlan, after: RunPlan, rerun: readonly string[]): Digests {
  const anew = new Set(rerun);
  const stale = new Set<string>();
  const tables: Record<string, string> = {};
  for (const step of after.steps) {
    if (!anew.has(step.name) && step.upstreams.some((name) => anew.has(name) || stale.has(name)))
      stale.add(step.name);
    const from = anew.has(step.name) ? after : before;
    if (!stale.has(step.name)) Object.assign(tables, ofStep(step, from.digests));
  }
  return { sources: after.digests.sources, tables };
}

function ofStep({ tables }: PlannedStep, digests: Digests): Record<string, string> {
  return Object.fromEntries(
    tables.flatMap(({ name }) => {
      const digest = digests.tables[name];
      return digest === undefined ? [] : [[name, digest]];
    }),
  );
}
