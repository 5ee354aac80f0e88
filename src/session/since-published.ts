/** What changed since the newest publication, and so what a run has to make again. Starts nothing. */
import { keys, mostBytes } from '../lake/layout.ts';
import type { Publication } from '../lake/publication.ts';
import type { Rebuild } from '../report/format-rebuild.ts';
import { difference, isUnchanged } from '../run/difference.ts';
import type { SourceDifference } from '../run/difference.ts';
import type { Input } from '../run/input-manifest.ts';
import { differences } from '../run/made-of.ts';
import type { RunPlan } from '../run/plan.ts';
import { decideRebuild, earlierExecutions, readsSameSource } from '../run/rebuild.ts';
import type { StepDecision } from '../run/rebuild.ts';
import { retry } from '../run/with-retry.ts';
import { explained } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { messageOf } from '../message-of.ts';
import type { Prepared } from './prepare.ts';
import { linesOfManifest } from './staged-manifest.ts';
import { noteTo, retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

/** Findings that are named. */
const SHOWN = 3;

export interface SincePublished {
  /** The newest publication, when the run would make the same: submit has nothing to do. */
  made?: Publication;
  /** The plan, with what it carries over. */
  plan: RunPlan;
  /** Absent when nothing was published, or everything is to run. */
  rebuild?: Rebuild;
}

/**
 * Compares a plan with the newest publication: inputs by object, the digests of what is made of them, and the files that lie
 * in the lake. Reads the publication, its list of inputs and the reports of its steps: no EMR, no process.
 */
export async function sincePublished(
  cli: CliContext,
  store: Store,
  { plan, newest, inputs, full }: Pick<Prepared, 'plan' | 'newest' | 'inputs'> & { full: boolean },
): Promise<SincePublished> {
  if (full || newest === undefined) return { plan };
  const lasting = <T>(work: () => Promise<T>) => retry(retryPolicyOf(cli), work);
  const { number, madeOf } = newest;
  const sources =
    madeOf.inputs.digest === plan.inputsDigest
      ? unchanged(inputs)
      : await lasting(() => differenceFrom(cli, store, newest, inputs));
  const isSame = sources?.every(isUnchanged) === true && differences(madeOf, plan).length === 0;
  const decide = (lost: ReadonlyMap<string, string>) =>
    decideRebuild(plan, { publication: number, madeOf, differences: sources, lost });
  const used = isSame ? newest : takenFrom(newest, decide(new Map()));
  const lost = await lasting(() => lostSteps(store, used));
  if (isSame && lost.size === 0) return { made: newest, plan };
  if (isSame) sayLost(cli, number, lost);
  const steps = decide(lost);
  return {
    plan: { ...plan, ...earlierExecutions(steps) },
    rebuild: {
      publication: number,
      ...(sources === undefined ? {} : { sources }),
      steps,
      withEarlierRows: plan.steps
        .filter((step) => readsSameSource(step, madeOf, plan.digests))
        .map(({ name }) => name),
    },
  };
}

function unchanged(inputs: readonly Input[]): SourceDifference[] {
  const none = { count: 0, first: [] };
  return inputs.map(({ source, objects }) => ({
    source,
    new: none,
    changed: none,
    gone: none,
    unchanged: objects.length,
  }));
}

/** Undefined, with a note, when the publication's list of inputs is gone or damaged. */
async function differenceFrom(
  cli: CliContext,
  store: Store,
  { number, madeOf }: Publication,
  inputs: readonly Input[],
): Promise<SourceDifference[] | undefined> {
  const key = keys.inputs(madeOf.inputs.run);
  const body = await store.get(key, mostBytes.inputs);
  try {
    if (body === undefined) throw new Error('it is gone');
    return await difference(linesOfManifest(body, madeOf.inputs.digest), inputs);
  } catch (error) {
    const why = messageOf(error).split('\n', 1).join('').slice(0, 300);
    noteTo(cli)(`the inputs of publication ${String(number)} are not known, ${store.uri}/${key}: ${why}`);
    return undefined;
  }
}

/** What the decisions take from the publication: the tables of those steps, and the steps. */
function takenFrom({ tables, madeOf }: Publication, decisions: readonly StepDecision[]): Used {
  const isTaken = ({ runs, base }: StepDecision) =>
    !runs || (base !== undefined && [...base.carryOver, ...base.partitions].length > 0);
  const taken = new Set(decisions.filter(isTaken).map(({ step }) => step));
  const steps = madeOf.steps.filter(({ step }) => taken.has(step));
  const written = steps.flatMap(({ writes }) => writes);
  return { tables: tables.filter(({ table }) => written.includes(table)), madeOf: { steps } };
}

interface Used extends Pick<Publication, 'tables'> {
  madeOf: Pick<Publication['madeOf'], 'steps'>;
}

/** By step, or by table of no known step: why what it published, or keeps for other steps, is not as it was. */
async function lostSteps(store: Store, { tables, madeOf }: Used): Promise<ReadonlyMap<string, string>> {
  const { steps } = madeOf;
  const { publishedFindings } = await import('../lake/verify-publication.ts');
  const { whyUnusable } = await import('../lake/whole-execution.ts');
  const broken = (await publishedFindings(store, { tables, madeOf })).filter(
    ({ severity }) => severity === 'error',
  );
  const lost = new Map<string, string>();
  for (const finding of broken) {
    const step = steps.find(({ writes }) => writes.includes(finding.subject))?.step ?? finding.subject;
    lost.set(step, explained(finding));
  }
  const checked = tables.map(({ table }) => table);
  for (const { step, execution } of steps.filter((one) => !lost.has(one.step))) {
    const why = await whyUnusable(store, execution, checked);
    if (why !== undefined) lost.set(step, why);
  }
  return lost;
}

function sayLost(cli: CliContext, publication: number, lost: ReadonlyMap<string, string>): void {
  const first = [...lost.values()].slice(0, SHOWN).join('; ');
  noteTo(cli)(
    `nothing changed since publication ${String(publication)}, but its files are not as they were published: ${first}`,
  );
}
