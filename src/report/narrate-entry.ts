/** Journal entries as lines, for a command that only follows the run. Pure. */
import { counted } from '../counted.ts';
import { attemptsIntended } from '../run/entries.ts';
import type { Stamped } from '../run/entries.ts';

/** One line, or undefined for what is not worth one. */
export function narrateEntry(entry: Stamped): string | undefined {
  switch (entry.entry) {
    case 'planned':
    case 'endpoint':
    case 'cluster-logs':
    case 'publish-intent':
    case 'rollback-intent':
    case 'terminate-intent':
      return undefined;
    case 'replanned':
      return `retry of ${entry.rerun.join(', ')}`;
    case 'infrastructure-retry':
      return `${entry.why}: continuing on a new cluster`;
    case 'taken-over':
      return `driver ${entry.driver} took the run over from ${entry.from}`;
    case 'rebased':
      return `to be published as number ${String(entry.publication)}`;
    case 'staged':
      return 'staged';
    case 'cluster-intent':
      return 'launching a cluster';
    case 'cluster':
      return `cluster ${entry.id} (${entry.how})`;
    case 'cluster-ended':
      return `cluster ${entry.clusterId}  ${entry.state}`;
    case 'refused':
      return `EMR refused ${entry.token}`;
    case 'cluster-duplicate':
      return `terminating duplicate cluster ${entry.id}`;
    case 'step-intent':
      return `submitting step ${attemptsIntended(entry)
        .map(({ step }) => step)
        .join(', ')}`;
    case 'step-submitted':
      return `step ${entry.step}  ${entry.id}  submitted`;
    case 'step-duplicate':
      return `cancelling a duplicate of step ${entry.step}, ${entry.id}`;
    case 'step-ended':
      return `step ${entry.step}  ${entry.state}`;
    case 'step-accepted':
      return `step ${entry.step}  accepted`;
    case 'verified':
      return `verified: ${counted(entry.findings.length, 'finding')}`;
    case 'published':
      return `published as number ${String(entry.publication)}`;
    case 'mirrored':
      return 'copied to the plain paths';
    case 'removing':
      return 'being removed';
    case 'cancel-requested':
      return `cancelling, by ${entry.by}`;
    case 'terminate-requested':
      return `cluster ${entry.clusterId}  termination requested`;
    case 'finished':
      return `verdict: ${entry.verdict}`;
  }
}
