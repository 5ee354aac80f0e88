/** A request that EMR refused: what was intended under its tokens does not exist, and never will. */
import { LandfallError } from '../faults.ts';
import { bestEffort } from './driven-run.ts';
import type { Run } from './driven-run.ts';

export async function recordRefusal(run: Run, tokens: readonly string[], refusal: unknown): Promise<void> {
  if (!(refusal instanceof LandfallError)) return;
  await bestEffort(run, 'the refusal could not be journalled', async () => {
    for (const token of tokens) await run.journal.append({ entry: 'refused', token });
  });
}
