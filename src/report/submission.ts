/** A run that was submitted and is not followed, as text. Pure. */
import type { Submission } from '../run/detach.ts';
import { place } from '../shell-words.ts';
import { columns } from './quantities.ts';

/** `next`: the command that goes on with it. */
export function formatSubmission({ run, lake, cluster, steps }: Submission, next: string): string {
  const rows = steps.map(({ step, attempt, id = '', state }) => [
    `step ${step}`,
    attempt <= 1 ? '' : `attempt ${String(attempt)}`,
    id,
    state,
  ]);
  return [
    ...columns(rows, [false, false, false, false]),
    ...(cluster === undefined ? [] : [costs(cluster)]),
    `run ${run} is submitted; nothing is verified or published until attach does it`,
    `lake ${place(lake)}`,
    `next: ${next}`,
  ].join('\n');
}

function costs({ id, where, idleTimeoutSeconds }: NonNullable<Submission['cluster']>): string {
  switch (where) {
    case 'local':
      return `cluster ${id} is this machine: the steps continue while it is on`;
    case 'ours':
      return `cluster ${id} costs money until attach terminates it, or ${String(idleTimeoutSeconds)} s after its last step`;
    case 'not ours':
      return `cluster ${id} was not launched by this run, which never terminates it`;
  }
}
