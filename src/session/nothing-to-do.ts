/** Whether the newest publication is what a plan would make. Then submit has nothing to do. */
import type { Publication } from '../lake/publication.ts';
import type { NothingToDo } from '../report/format-nothing-to-do.ts';
import { differences } from '../run/made-of.ts';
import type { RunPlan } from '../run/plan.ts';
import { retry } from '../run/with-retry.ts';
import { explained } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { noteTo, retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

/** Findings that are named. */
const SHOWN = 3;

/**
 * The newest publication, when it was made of the same inputs, contracts, queries and limits, and its files still lie there
 * as they were published. Reads the publication and lists its files: no EMR, no process.
 */
export async function madeAlready(
  cli: CliContext,
  store: Store,
  plan: RunPlan,
): Promise<Publication | undefined> {
  const { readPublication } = await import('../lake/publication.ts');
  const { publishedFindings } = await import('../lake/verify-publication.ts');
  const lasting = <T>(work: () => Promise<T>) => retry(retryPolicyOf(cli), work);
  // The plan takes the number after the newest publication.
  const before = plan.publication - 1;
  const newest = before === 0 ? undefined : await lasting(() => readPublication(store, before));
  if (newest === undefined || differences(newest.madeOf, plan).length > 0) return undefined;
  const broken = (await lasting(() => publishedFindings(store, newest))).filter(
    ({ severity }) => severity === 'error',
  );
  if (broken.length === 0) return newest;
  const number = String(newest.number);
  noteTo(cli)(
    `nothing changed since publication ${number}, but its files are not as they were published: ${broken.slice(0, SHOWN).map(explained).join('; ')}`,
  );
  return undefined;
}

/** What `submit` then does: it copies to the plain paths what is missing there. Without `finish`, only looks. */
export async function plainPathsOf(
  cli: CliContext,
  store: Store,
  entry: Publication,
  finish: boolean,
): Promise<NothingToDo> {
  const { isMirrored } = await import('../lake/plain-paths.ts');
  const { mirror } = await import('../lake/mirror.ts');
  const lasting = <T>(work: () => Promise<T>) => retry(retryPolicyOf(cli), work);
  const areBehind = !(await lasting(() => isMirrored(store, entry)));
  if (areBehind && finish) await lasting(() => mirror(store));
  const { number, run, publishedAt } = entry;
  const plainPaths = !areBehind ? 'complete' : finish ? 'finished' : 'behind';
  return { publication: number, run, publishedAt, lake: store.uri, plainPaths };
}
