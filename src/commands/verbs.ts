/** Every verb: its flags, its help, and where its body is. Bodies are loaded only when their verb is called. */
import type { Options } from 'yargs';
import type { Command } from './world.ts';

export interface Verb {
  name: string;
  summary: string;
  positional?: { name: string; summary: string };
  options: Record<string, Options>;
  /** It reads the pipeline's inputs: `--<source> URI` is a flag for each source, which only the pipeline can name. */
  takesSources?: true;
  examples: readonly (readonly [command: string, what: string])[];
  load: () => Promise<{ run: Command }>;
}

const lake: Options = { type: 'string', describe: 'Where the tables land: an s3:// URI or a folder' };
const templates: Options = { type: 'string', describe: 'Folder of the pipeline [./spark-templates]' };
const cluster: Options = {
  type: 'string',
  describe: 'local, new, reuse, or the id of a cluster (j-...)',
  default: 'new',
};
const runOption = { name: 'run', summary: 'Run id; the newest run of the lake when absent' };
const timeout: Options = { type: 'number', describe: 'Seconds to watch; the work itself goes on after that' };
const cancelOnTimeout: Options = {
  type: 'boolean',
  describe: 'Cancel the run when --timeout has passed, as Ctrl-C would',
};
const detach: Options = {
  type: 'boolean',
  describe: 'Submit all steps at once and leave; attach follows, verifies, publishes',
};
const retryInfrastructure: Options = {
  type: 'number',
  describe:
    'How often to go on with a new cluster after one is lost to the infrastructure [0; of a retry: as before]',
};
const keepAlive: Options = { type: 'boolean', describe: 'Leave the cluster we launch running at the end' };
const sourceExample = '--song-data s3://raw/song_data --log-data s3://raw/log_data';

/** Flags that every verb has. */
export const globalOptions: Record<string, Options> = {
  config: { type: 'string', describe: 'Configuration file [dl.cfg, else dwh.cfg]' },
  output: { choices: ['text', 'json', 'ndjson'], default: 'text', describe: 'Form of what goes to stdout' },
  verbose: { type: 'boolean', describe: 'Say where every setting comes from' },
  color: { type: 'boolean', default: true, describe: 'Colours on a terminal; --no-color for none' },
};

export const verbs: readonly Verb[] = [
  {
    name: 'submit',
    summary: 'Run the pipeline: render, stage, run the steps, verify, publish',
    options: {
      cluster,
      lake,
      templates,
      'run-id': { type: 'string', describe: 'Name of the run; a second submit of it never runs it twice' },
      'keep-alive': keepAlive,
      detach,
      'retry-infrastructure': retryInfrastructure,
      timeout,
      'cancel-on-timeout': cancelOnTimeout,
    },
    takesSources: true,
    examples: [
      [
        'landfall submit --cluster local',
        'On this machine, with a generated sample unless dl.cfg names inputs',
      ],
      [`landfall submit --cluster new --lake s3://my-lake ${sourceExample}`, 'On a cluster of its own'],
      ['landfall submit --run-id "$CI_PIPELINE_ID"', 'Safe to repeat: the same run is not run twice'],
      ['landfall submit --detach --run-id nightly-7', 'Later: landfall attach nightly-7'],
    ],
    load: () => import('./submit.ts'),
  },
  {
    name: 'plan',
    summary: 'Show what submit would do, and why; start nothing',
    options: {
      cluster,
      lake,
      templates,
      'run-id': { type: 'string', describe: 'Name of the run' },
      'keep-alive': keepAlive,
      detach,
      requests: { type: 'boolean', describe: 'Show the RunJobFlow and AddJobFlowSteps requests as well' },
    },
    takesSources: true,
    examples: [['landfall plan --requests', 'With the exact JSON that EMR would be sent']],
    load: () => import('./plan.ts'),
  },
  {
    name: 'render',
    summary: 'Write the rendered steps to a folder',
    options: {
      to: { type: 'string', default: 'rendered', describe: 'Folder; made when it is not there' },
      lake,
      templates,
    },
    takesSources: true,
    examples: [
      ['landfall render --to rendered', 'One self-contained PySpark program a step'],
      ['spark-submit rendered/song_transform.py --help', 'How to run one by hand'],
    ],
    load: () => import('./render.ts'),
  },
  {
    name: 'attach',
    summary: 'Follow a run from anywhere; go on with it when its driver is gone',
    positional: runOption,
    options: {
      lake,
      templates,
      'take-over': { type: 'boolean', describe: 'Do not wait for the other driver to fall silent' },
      timeout,
      'cancel-on-timeout': cancelOnTimeout,
    },
    takesSources: true,
    examples: [
      ['landfall attach 20261121-0930-k3f9a1 --lake s3://my-lake', 'Only the lake’s address is needed'],
    ],
    load: () => import('./attach.ts'),
  },
  {
    name: 'retry',
    summary: 'Run again what failed, changed or never ran of a run, and what depends on it',
    positional: runOption,
    options: {
      lake,
      templates,
      from: { type: 'string', describe: 'Run this step and all that depend on it' },
      only: { type: 'string', describe: 'Run this step alone' },
      cluster: { type: 'string', describe: 'local, new, reuse, or the id of a cluster [as before]' },
      'keep-alive': keepAlive,
      detach,
      'retry-infrastructure': retryInfrastructure,
      timeout,
      'cancel-on-timeout': cancelOnTimeout,
    },
    takesSources: true,
    examples: [
      ['landfall retry', 'The newest run, after its cause was mended'],
      ['landfall retry 20261121-0930-k3f9a1 --from log_transform', 'Whatever became of that step'],
    ],
    load: () => import('./retry.ts'),
  },
  {
    name: 'publish',
    summary: 'Verify, publish and mirror what a run left in the lake; no cluster, no EMR',
    positional: runOption,
    options: {
      lake,
      rebase: {
        type: 'boolean',
        describe: 'Also when another run published meanwhile: take the next number, and replace its tables',
      },
    },
    examples: [
      ['landfall publish 20261121-0930-k3f9a1', 'After its publisher died'],
      ['landfall publish 20261121-0930-k3f9a1 --rebase', 'After exit 11'],
    ],
    load: () => import('./publish.ts'),
  },
  {
    name: 'verify',
    summary: 'Hold what lies in the lake against contracts, reports and publication; no Spark',
    positional: {
      name: 'run',
      summary: 'Run whose accepted tables to look at; the current publication when absent',
    },
    options: { lake },
    examples: [
      ['landfall verify --lake s3://my-lake', 'The current tables, and their copies at the plain paths'],
      ['landfall verify 20261121-0930-k3f9a1', 'What that run left, published or not'],
    ],
    load: () => import('./verify.ts'),
  },
  {
    name: 'rollback',
    summary: 'Make the tables of an earlier publication current again, as a new publication',
    positional: {
      name: 'number',
      summary: 'Publication to go back to; the set before the current one when absent',
    },
    options: { lake, 'dry-run': { type: 'boolean', describe: 'Show what it would do; change nothing' } },
    examples: [
      ['landfall rollback --dry-run', 'Which tables would be current, and how many rows they have'],
      ['landfall rollback 12 --lake s3://my-lake', 'Back, or forward again, to publication 12'],
    ],
    load: () => import('./rollback.ts'),
  },
  {
    name: 'cancel',
    summary: 'End a run from anywhere: its steps, and the cluster that it launched',
    positional: runOption,
    options: { lake, timeout },
    examples: [['landfall cancel 20261121-0930-k3f9a1', 'Returns once its end is seen']],
    load: () => import('./cancel.ts'),
  },
  {
    name: 'status',
    summary: 'Tell the state of a run from its journal; always exits 0',
    positional: runOption,
    options: { lake },
    examples: [['landfall status --output json', 'The newest run, for a script']],
    load: () => import('./status.ts'),
  },
  {
    name: 'runs',
    summary: 'List the runs of a lake, newest first',
    options: { lake },
    examples: [['landfall runs --lake s3://my-lake', '']],
    load: () => import('./runs.ts'),
  },
  {
    name: 'logs',
    summary: 'Print what a step wrote, from LogUri: needs the lake’s address, and nothing of EMR',
    positional: {
      name: 'step',
      summary: 'Step; the failed one, else the running one, else the last, when absent',
    },
    options: {
      run: { type: 'string', describe: 'Run id [the newest run of the lake]' },
      lake,
      attempt: { type: 'number', describe: 'Attempt of the step [the newest]' },
      stream: {
        choices: ['stderr', 'stdout', 'controller', 'syslog'],
        describe: 'One log instead of stderr, then stdout',
      },
      follow: {
        type: 'boolean',
        alias: 'f',
        describe:
          'Go on until the step has ended and its last logs are there; Ctrl-C leaves, and cancels nothing',
      },
      timeout,
      containers: {
        type: 'boolean',
        describe: 'The first YARN container’s logs, and the names of the others',
      },
      container: { type: 'string', describe: 'The logs of the container of this name' },
    },
    examples: [
      ['landfall logs --lake s3://my-lake', 'The step that failed, of the newest run'],
      ['landfall logs log_transform -f', 'As it grows: EMR copies logs every five minutes'],
      ['landfall logs --attempt 1 --stream stdout | less', 'Only the lines go to stdout'],
    ],
    load: () => import('./logs.ts'),
  },
  {
    name: 'gc',
    summary: 'List what nothing in the lake needs any more; with --yes remove it',
    options: {
      lake,
      keep: { type: 'number', describe: 'Newest runs and publications to keep with all that they need [10]' },
      yes: { type: 'boolean', describe: 'Remove what is listed' },
    },
    examples: [
      ['landfall gc', 'What would go, how large it is, and why the rest stays'],
      ['landfall gc --keep 30 --yes --lake s3://my-lake', 'Rollback reaches the last 30 publications'],
    ],
    load: () => import('./gc.ts'),
  },
  {
    name: 'quarantine',
    summary: 'Show which input lines a run rejected, and why',
    positional: runOption,
    options: {
      lake,
      source: { type: 'string', describe: 'Of this source alone' },
      limit: { type: 'number', describe: 'Lines shown of each reason and field [3]' },
    },
    examples: [
      ['landfall quarantine', 'The newest run'],
      ['landfall quarantine nightly-7 --source log_data --output json', 'One source, for a script'],
    ],
    load: () => import('./quarantine.ts'),
  },
  {
    name: 'emr-local',
    summary: 'Serve an EMR endpoint on this machine that really runs the steps',
    options: {
      port: { type: 'number', default: 0, describe: 'Port on 127.0.0.1; 0 takes any that is free' },
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
        describe: 'Leave after so many seconds without a live cluster or a request',
      },
      release: { type: 'string', default: 'emr-7.13.0', describe: 'Release whose Spark runs the steps' },
      'small-data': {
        type: 'boolean',
        describe: 'Start Spark quickly rather than run it fast: under 300 MB of input',
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
        describe: 'BUCKET=KEY, a KMS key that what steps and logs write there is encrypted with',
      },
      'bucket-region': { type: 'string', array: true, describe: 'BUCKET=REGION, where it is not AWS_REGION' },
      faults: { type: 'string', describe: 'JSON file that says what is to go wrong, and when' },
      'fault-seed': {
        type: 'number',
        describe: 'Let things go wrong at random, the same for the same number',
      },
      quotas: { type: 'boolean', describe: 'Throttle by the request quotas of an EMR account' },
    },
    examples: [
      ['landfall emr-local --port 4566 --state ./emr', 'Prints the variables that point a client here'],
      ['landfall emr-local --fault-seed 7 --quotas', 'As EMR on a bad day'],
    ],
    load: () => import('./emr-local.ts'),
  },
];
