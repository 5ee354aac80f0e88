/** The verbs of a run: from its plan to its logs. */
import type { Options } from 'yargs';
import { lake, runOption, trustLake } from './verb.ts';
import type { FlagsOf, Verb } from './verb.ts';

const cluster = {
  type: 'string',
  describe: 'local, new, reuse, or the id of a cluster (j-...)',
  default: 'new',
} as const satisfies Options;
const templates = {
  type: 'string',
  describe: 'Folder of the pipeline [the one that comes with Landfall]',
} as const satisfies Options;
const timeout = {
  type: 'number',
  describe: 'Seconds to follow the run; it continues after that',
} as const satisfies Options;
const cancelOnTimeout = {
  type: 'boolean',
  describe: 'Cancel the run when --timeout has passed, as Ctrl-C would',
} as const satisfies Options;
const detach = {
  type: 'boolean',
  describe: 'Submit all steps at once and exit; attach later follows, verifies and publishes',
} as const satisfies Options;
const retryInfrastructure = {
  type: 'number',
  describe:
    'How often to continue on a new cluster after one is lost to the infrastructure [0; for retry: as before]',
} as const satisfies Options;
const keepAlive = {
  type: 'boolean',
  describe: 'Leave the cluster that Landfall launches running after the run',
} as const satisfies Options;

const full = {
  type: 'boolean',
  describe: 'Run everything, even if nothing changed since the newest publication',
} as const satisfies Options;

export const submitVerb = {
  name: 'submit',
  summary: 'Run the pipeline: render, stage, run the steps, verify, publish',
  options: {
    cluster,
    lake,
    templates,
    'run-id': { type: 'string', describe: 'Name of the run; a second submit of it never runs it twice' },
    full,
    'keep-alive': keepAlive,
    detach,
    'retry-infrastructure': retryInfrastructure,
    'trust-lake': trustLake,
    timeout,
    'cancel-on-timeout': cancelOnTimeout,
  },
  takesSources: true,
  examples: [
    ['$0 submit --cluster local', 'On this machine, with a generated sample unless dl.cfg names inputs'],
    ['$0 submit --cluster new --lake s3://my-lake {sources}', 'On a cluster of its own'],
    ['$0 submit --run-id "$CI_PIPELINE_ID"', 'Safe to repeat: the same run is not run twice'],
    ['$0 submit --detach --run-id nightly-7', 'Later: attach nightly-7'],
  ],
} as const satisfies Verb;
export type SubmitFlags = FlagsOf<typeof submitVerb>;

export const planVerb = {
  name: 'plan',
  summary: 'Show what submit would do, and why; start nothing',
  options: {
    cluster,
    lake,
    templates,
    'run-id': { type: 'string', describe: 'Name of the run' },
    full,
    'keep-alive': keepAlive,
    detach,
    requests: { type: 'boolean', describe: 'Show the RunJobFlow and AddJobFlowSteps requests as well' },
  },
  takesSources: true,
  examples: [['$0 plan --requests', 'With the exact JSON that would be sent to EMR']],
} as const satisfies Verb;
export type PlanFlags = FlagsOf<typeof planVerb>;

export const renderVerb = {
  name: 'render',
  summary: 'Write the rendered steps to a folder',
  options: {
    to: { type: 'string', default: 'rendered', describe: 'Folder; created if it is missing' },
    lake,
    templates,
  },
  takesSources: true,
  examples: [
    ['$0 render --to rendered', 'One self-contained PySpark program per step'],
    ['spark-submit rendered/{step}.py --help', 'How to run one by hand'],
  ],
} as const satisfies Verb;
export type RenderFlags = FlagsOf<typeof renderVerb>;

export const attachVerb = {
  name: 'attach',
  summary: 'Follow a run from anywhere; take over when its driver is gone',
  positional: runOption,
  options: {
    lake,
    templates,
    'take-over': { type: 'boolean', describe: 'Do not wait for the other driver to fall silent' },
    'trust-lake': trustLake,
    timeout,
    'cancel-on-timeout': cancelOnTimeout,
  },
  takesSources: true,
  examples: [['$0 attach 20261121-0930-k3f9a1 --lake s3://my-lake', 'Only the lake’s address is needed']],
} as const satisfies Verb;
export type AttachFlags = FlagsOf<typeof attachVerb>;

export const retryVerb = {
  name: 'retry',
  summary: 'Run again the steps of a run that failed, changed or never ran, and those that depend on them',
  positional: runOption,
  options: {
    lake,
    templates,
    from: { type: 'string', describe: 'Run this step and all that depend on it' },
    only: { type: 'string', describe: 'Run this step alone; with npm run, only after --' },
    cluster: { type: 'string', describe: 'local, new, reuse, or the id of a cluster [as before]' },
    'keep-alive': keepAlive,
    detach,
    'retry-infrastructure': retryInfrastructure,
    'trust-lake': trustLake,
    timeout,
    'cancel-on-timeout': cancelOnTimeout,
  },
  takesSources: true,
  examples: [
    ['$0 retry', 'The newest run, after fixing the cause of its failure'],
    ['$0 retry 20261121-0930-k3f9a1 --from {step}', 'Whether or not that step succeeded'],
  ],
} as const satisfies Verb;
export type RetryFlags = FlagsOf<typeof retryVerb>;

export const cancelVerb = {
  name: 'cancel',
  summary: 'Cancel a run from anywhere: its steps, and the cluster that it launched',
  positional: runOption,
  options: { lake, timeout, 'trust-lake': trustLake },
  examples: [['$0 cancel 20261121-0930-k3f9a1', 'Returns once its end is confirmed']],
} as const satisfies Verb;
export type CancelFlags = FlagsOf<typeof cancelVerb>;

export const statusVerb = {
  name: 'status',
  summary: 'Show the state of a run from its journal; always exits 0',
  positional: runOption,
  options: { lake },
  examples: [['$0 status --output json', 'The newest run, for a script']],
} as const satisfies Verb;
export type StatusFlags = FlagsOf<typeof statusVerb>;

export const runsVerb = {
  name: 'runs',
  summary: 'List the runs of a lake, newest first',
  options: { lake },
  examples: [['$0 runs --lake s3://my-lake', '']],
} as const satisfies Verb;
export type RunsFlags = FlagsOf<typeof runsVerb>;

export const logsVerb = {
  name: 'logs',
  summary: 'Print what a step wrote, from LogUri; needs only the lake’s address, not EMR',
  positional: {
    name: 'step',
    summary: 'Step [the failed one, else the running one, else the last]',
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
        'Follow until the step has ended and its last logs are there; Ctrl-C exits and cancels nothing',
    },
    timeout,
    containers: {
      type: 'boolean',
      describe: 'The first YARN container’s logs, and the names of the others',
    },
    container: { type: 'string', describe: 'The logs of the container with this name' },
  },
  examples: [
    ['$0 logs --lake s3://my-lake', 'The step that failed, of the newest run'],
    ['$0 logs {step} -f', 'As it grows: EMR copies logs every five minutes'],
    ['$0 logs --attempt 1 --stream stdout | less', 'Only the lines go to stdout'],
  ],
} as const satisfies Verb;
export type LogsFlags = FlagsOf<typeof logsVerb>;

/** In the order in which help lists them. */
export const runVerbs = [
  submitVerb,
  planVerb,
  renderVerb,
  attachVerb,
  retryVerb,
  cancelVerb,
  statusVerb,
  runsVerb,
  logsVerb,
] as const;

/** The flags by which every verb finds its settings and its pipeline. */
export type PlaceFlags = Pick<SubmitFlags, 'config' | 'lake' | 'templates' | 'verbose'>;
