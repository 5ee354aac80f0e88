/** What is left to do when the newest publication is what a run would make: to finish its plain paths. */
import type { Publication } from '../lake/publication.ts';
import type { NothingToDo } from '../report/format-nothing-to-do.ts';
import { retry } from '../run/with-retry.ts';
import type { Store } from '../store/store.ts';
import { retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

/** `submit` copies to the plain paths what is missing there. Without `finish`, only looks. */
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
