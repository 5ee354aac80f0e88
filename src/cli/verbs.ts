/** Every verb: its flags and its help. */
import { lakeVerbs } from './lake-verbs.ts';
import { runVerbs } from './run-verbs.ts';
import type { FlagsOf, Verb } from './verb.ts';

export const emrLocalVerb = {
  name: 'emr-local',
  summary: 'Serve an EMR endpoint on this machine that really runs the steps',
  options: {
    port: { type: 'number', default: 0, describe: 'Port on 127.0.0.1; 0 takes a free one' },
    state: { type: 'string', describe: 'Folder for clusters, steps and keys [a new temporary one]' },
    'log-delay': {
      type: 'number',
      default: 0,
      describe: 'Seconds from a step’s end until its last logs reach LogUri',
    },
    'log-interval': {
      type: 'number',
      default: 300,
      describe: 'Seconds between uploads of a running step’s logs',
    },
    'idle-exit': {
      type: 'number',
      describe: 'Exit after this many seconds without a live cluster or a request',
    },
    release: { type: 'string', default: 'emr-7.13.0', describe: 'Release whose Spark runs the steps' },
    'small-data': {
      type: 'boolean',
      describe: 'Make Spark start fast rather than run fast; for under 300 MB of input',
    },
    s3: { type: 'boolean', describe: 'Let steps read and write s3:// (fetches S3A once, 281 MB)' },
    'anonymous-bucket': {
      type: 'string',
      array: true,
      describe: 'Bucket that steps read without credentials',
    },
    'bucket-key': {
      type: 'string',
      array: true,
      describe: 'BUCKET=KEY, the KMS key that encrypts what steps and logs write there',
    },
    'bucket-region': { type: 'string', array: true, describe: 'BUCKET=REGION, where it is not AWS_REGION' },
    faults: { type: 'string', describe: 'JSON file that says which faults to inject, and when' },
    'fault-seed': {
      type: 'number',
      describe: 'Inject random faults; the same number gives the same faults',
    },
    quotas: { type: 'boolean', describe: 'Throttle by the request quotas of an EMR account' },
  },
  examples: [
    ['$0 emr-local --port 4566 --state ./emr', 'Prints the variables that point a client here'],
    ['$0 emr-local --fault-seed 7 --quotas', 'As EMR on a bad day'],
  ],
} as const satisfies Verb;

export type EmrLocalFlags = FlagsOf<typeof emrLocalVerb>;

const all = [...runVerbs, ...lakeVerbs, emrLocalVerb] as const;

export type VerbName = (typeof all)[number]['name'];
export type KnownVerb = Verb & { name: VerbName };

/** In the order in which help lists them. */
export const verbs: readonly KnownVerb[] = all;
