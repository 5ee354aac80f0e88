/** The verbs of a lake: what has landed in it, and what is current. */
import { lake, runOption, trustLake } from './verb.ts';
import type { FlagsOf, Verb } from './verb.ts';

export const verifyVerb = {
  name: 'verify',
  summary: 'Check the lake against its contracts, reports and publications, without Spark',
  positional: {
    name: 'run',
    summary: 'Run whose accepted tables to check [the current publication]',
  },
  options: { lake },
  examples: [
    ['$0 verify --lake s3://my-lake', 'The current tables, and their copies at the plain paths'],
    ['$0 verify 20261121-0930-k3f9a1', 'What that run left, published or not'],
  ],
} as const satisfies Verb;
export type VerifyFlags = FlagsOf<typeof verifyVerb>;

export const publishVerb = {
  name: 'publish',
  summary: 'Verify, publish and mirror what a run left in the lake, without a cluster or EMR',
  positional: runOption,
  options: {
    lake,
    'trust-lake': trustLake,
    rebase: {
      type: 'boolean',
      describe:
        'Publish even though another run has published meanwhile: take the next number, and replace its tables',
    },
  },
  examples: [
    ['$0 publish 20261121-0930-k3f9a1', 'After its publisher died'],
    ['$0 publish 20261121-0930-k3f9a1 --rebase', 'After exit 11'],
  ],
} as const satisfies Verb;
export type PublishFlags = FlagsOf<typeof publishVerb>;

export const publicationsVerb = {
  name: 'publications',
  summary: 'List the publications, newest first: number, time, run, rows, and which one is current',
  options: { lake },
  examples: [['$0 publications --lake s3://my-lake', 'To find the number to pass to rollback']],
} as const satisfies Verb;
export type PublicationsFlags = FlagsOf<typeof publicationsVerb>;

export const rollbackVerb = {
  name: 'rollback',
  summary: 'Make the tables of an earlier publication current again, as a new publication',
  positional: {
    name: 'number',
    summary: 'Publication to go back to [the set before the current one]',
  },
  options: {
    lake,
    'trust-lake': trustLake,
    'dry-run': { type: 'boolean', describe: 'Show what it would do; change nothing' },
  },
  examples: [
    ['$0 rollback --dry-run', 'Which tables would be current, and how many rows they have'],
    ['$0 rollback 12 --lake s3://my-lake', 'Back, or forward again, to publication 12'],
  ],
} as const satisfies Verb;
export type RollbackFlags = FlagsOf<typeof rollbackVerb>;

export const quarantineVerb = {
  name: 'quarantine',
  summary: 'Show which input lines a run rejected, and why',
  positional: runOption,
  options: {
    lake,
    source: { type: 'string', describe: 'Show only this source' },
    view: { type: 'string', describe: 'Show only the lines that this view lacks' },
    limit: { type: 'number', describe: 'Lines to show for each reason and field [3]' },
  },
  examples: [
    ['$0 quarantine', 'The newest run'],
    ['$0 quarantine nightly-7 --source {source} --output json', 'One source, for a script'],
  ],
} as const satisfies Verb;
export type QuarantineFlags = FlagsOf<typeof quarantineVerb>;

export const gcVerb = {
  name: 'gc',
  summary: 'List what nothing in the lake needs any more; with --yes remove it',
  options: {
    lake,
    'trust-lake': trustLake,
    keep: {
      type: 'number',
      describe: 'How many of the newest runs and publications to keep, with all that they need [10]',
    },
    yes: { type: 'boolean', describe: 'Remove what is listed' },
  },
  examples: [
    ['$0 gc', 'What would be removed, how large it is, and why the rest stays'],
    ['$0 gc --keep 30 --yes --lake s3://my-lake', 'Rollback reaches the last 30 publications'],
  ],
} as const satisfies Verb;
export type GcFlags = FlagsOf<typeof gcVerb>;

/** In the order in which help lists them. */
export const lakeVerbs = [
  verifyVerb,
  publishVerb,
  publicationsVerb,
  rollbackVerb,
  quarantineVerb,
  gcVerb,
] as const;
