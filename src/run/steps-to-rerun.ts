/** What a retry runs again, and why. Pure. */
import { LandfallError } from '../faults.ts';
import { advise, commandAt } from '../shell-words.ts';
import { differences, digestsAfterRerun, madeOf } from './made-of.ts';
import type { PlannedStep, RunPlan, StepBase } from './plan.ts';
import { currentAttempt } from './state.ts';
import type { RunState } from './state.ts';
import { stepPhase } from './states.ts';
import type { Finding } from './verification.ts';

export interface Rerun {
  step: string;
  reason: string;
}

export interface RetryChoice {
  /** This step and all that depend on it, whatever became of them. */
  from?: string | undefined;
  /** This step alone. */
  only?: string | undefined;
}

/** The plan of a retry that would make `planned`, and the steps that run again. Throws as `stepsToRerun`. */
export function replan(
  state: RunState,
  planned: RunPlan,
  choice: RetryChoice,
): { plan: RunPlan; rerun: Rerun[] } {
  const rerun = stepsToRerun(state, planned.steps, choice);
  const names = rerun.map(({ step }) => step);
  const bases = basesForRetry(state, planned, names);
  const digests = digestsAfterRerun(state.plan, planned, names);
  return { plan: { ...planned, digests, ...(bases === undefined ? {} : { bases }) }, rerun };
}

/**
 * What the steps build on. A step that failed, or whose tables are wrong, gets no base: damaged files of the base may be the cause.
 * Which tables a step need not make was decided for the queries and contracts of the first plan.
 */
function basesForRetry(state: RunState, planned: RunPlan, rerun: readonly string[]): RunPlan['bases'] {
  const { plan } = state;
  if (plan.bases === undefined) return undefined;
  const isNewest = planned.publication === plan.publication;
  const isAsPlanned = differences(madeOf(plan, {}), planned).length === 0;
  const rebuilt = new Set(rebuiltAsBefore(plan, planned));
  const baseOf = (step: string, base: StepBase): StepBase | undefined => {
    if (!rerun.includes(step)) return base;
    const { ended, execution } = currentAttempt(state, step) ?? {};
    const hasFailed = ended !== undefined && stepPhase(ended.state) === 'failed';
    const before = plan.steps.find(({ name }) => name === step);
    const isWrong =
      execution !== undefined && before !== undefined && wrongTables(state, before) !== undefined;
    if (!isNewest || hasFailed || isWrong || (isAsPlanned && execution !== undefined)) return undefined;
    if (!isAsPlanned) return { ...base, carryOver: [], partitions: [] };
    return { ...base, partitions: base.partitions.filter((table) => rebuilt.has(table)) };
  };
  return Object.fromEntries(
    Object.entries(plan.bases).flatMap(([step, base]) => {
      const kept = baseOf(step, base);
      return kept === undefined ? [] : [[step, kept] as const];
    }),
  );
}

/** Tables that both plans may rebuild in part, and in the same way. */
function rebuiltAsBefore(before: RunPlan, after: RunPlan): string[] {
  const rebuilds = ({ steps }: RunPlan) =>
    new Map(
      steps.flatMap(({ tables }) =>
        tables.map(({ name, rebuild = null }) => [name, JSON.stringify(rebuild)] as const),
      ),
    );
  const now = rebuilds(after);
  return [...rebuilds(before)].flatMap(([table, rebuild]) =>
    rebuild !== 'null' && rebuild === now.get(table) ? [table] : [],
  );
}

/**
 * The steps of the new plan that run again: those without an accepted execution, those whose tables broke their
 * contract, those whose program changed, and all that depend on one of these. Throws `input` for a step that the plan
 * does not have, and for `only` when other steps have to run again too.
 */
export function stepsToRerun(
  state: RunState,
  steps: readonly PlannedStep[],
  { from, only }: RetryChoice = {},
): Rerun[] {
  for (const name of [from, only]) if (name !== undefined) checkStep(name, steps);
  const reasons = new Map<string, string>();
  for (const step of steps) {
    const reason =
      step.name === from || step.name === only
        ? 'it was named'
        : (ownReason(state, step) ?? inherited(step, reasons));
    if (reason !== undefined) reasons.set(step.name, reason);
  }
  if (only === undefined) return [...reasons].map(([step, reason]) => ({ step, reason }));
  const others = steps.filter((step) => step.name !== only && ownReason(state, step) !== undefined);
  if (others.length > 0) {
    throw new LandfallError(
      'input',
      `--only ${only} would leave ${others.map(({ name }) => name).join(', ')} undone`,
      {
        next: advise`${commandAt(state.plan.lake, 'retry', state.plan.run)}, without --only`,
      },
    );
  }
  return [{ step: only, reason: 'it was named' }];
}

function ownReason(state: RunState, step: PlannedStep): string | undefined {
  const planned = state.plan.steps.find(({ name }) => name === step.name);
  const attempt = currentAttempt(state, step.name);
  if (planned === undefined || attempt === undefined) return 'it never ran';
  if (attempt.execution === undefined) {
    if (attempt.ended === undefined)
      return state.finished?.verdict === 'cancelled' ? 'it was cancelled' : 'its end was not confirmed';
    return stepPhase(attempt.ended.state) === 'cancelled' ? 'it was cancelled' : 'it failed';
  }
  if (planned.digest !== step.digest) return 'its program changed';
  if (state.published !== undefined && state.finished?.verdict === 'failed')
    return 'published files were lost before they were copied';
  const broken = wrongTables(state, step);
  return broken === undefined ? undefined : `${broken.subject}: ${broken.message}`;
}

/** The first error that was found against what the step made. */
function wrongTables({ verified }: RunState, step: PlannedStep): Finding | undefined {
  const subjects = new Set([step, ...step.tables, ...step.sources].map(({ name }) => name));
  return verified?.findings.find(
    // The same program would reject the same lines again; only the limit can change.
    ({ severity, subject, limit, foreign }) =>
      severity === 'error' && limit === undefined && foreign === undefined && subjects.has(subject),
  );
}

function inherited({ upstreams }: PlannedStep, reasons: ReadonlyMap<string, string>): string | undefined {
  const upstream = upstreams.find((name) => reasons.has(name));
  return upstream === undefined ? undefined : `it reads what ${upstream} writes`;
}

function checkStep(name: string, steps: readonly PlannedStep[]): void {
  if (steps.some((step) => step.name === name)) return;
  throw new LandfallError('input', `the pipeline has no step ${name}`, {
    next: `use one of ${steps.map((step) => step.name).join(', ')}`,
  });
}

/** How two plans of one run differ in what decides its result or where it runs; empty when they do not. */
export function planDifferences(before: RunPlan, after: RunPlan): string[] {
  const described = (plan: RunPlan): Record<string, string> => ({
    ...Object.fromEntries(plan.sources.map(({ name, uri }) => [name, uri])),
    'the inputs themselves': plan.inputsDigest,
    lake: plan.lake,
    release: plan.release,
    cluster: plan.cluster.kind === 'id' ? plan.cluster.id : plan.cluster.kind,
    max_quarantined: String(plan.maxQuarantined),
    '--retry-infrastructure': String(plan.retryInfrastructure ?? 0),
  });
  const [old, now] = [described(before), described(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => old[name] !== now[name])
    .map((name) =>
      name.startsWith('the ')
        ? `${name} changed`
        : `${name}: ${old[name] ?? 'none'} before, ${now[name] ?? 'none'} now`,
    );
}
