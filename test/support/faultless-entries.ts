/** The kinds of entries in the journal of a run on a new cluster that nothing goes wrong with, in the order of their first. */
export const FAULTLESS_ENTRIES: readonly string[] = [
  'planned',
  'staged',
  'cluster-intent',
  'cluster',
  'step-intent',
  'step-submitted',
  'step-accepted',
  'verified',
  'publish-intent',
  'published',
  'terminate-intent',
  'terminate-requested',
  'mirrored',
  'finished',
];
