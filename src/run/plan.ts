/** The plan of a run: a plain value, fixed before anything starts, and the first entry of the journal. No secrets. */
import { keys } from '../lake/layout.ts';
import { present } from '../present.ts';
import type { Digests, ReadSource, TableContract, TableDependencies } from '../pipeline/contract.ts';

export interface PlannedSource {
  name: string;
  /** Root of the input, as given to Spark. */
  uri: string;
  objects: number;
  bytes: number;
  /** Names that are skipped: hidden, folder markers, neither `.json` nor `.json.gz`. */
  skipped: number;
  /** Those, by the ending or the kind of their names; absent when there are none. */
  skippedBy?: Readonly<Record<string, number>>;
}

export interface PlannedStep {
  name: string;
  /** SHA-256 of the rendered program. */
  digest: string;
  sources: readonly ReadSource[];
  /** Steps whose tables it reads. */
  upstreams: readonly string[];
  tables: readonly TableContract[];
  /** By table. */
  dependencies: Readonly<Record<string, TableDependencies>>;
}

/** An execution of an earlier run, and what a step takes from it. */
export interface StepBase {
  /** Relative to the lake. */
  execution: string;
  /** Tables that the step need not make: nothing that they depend on has changed. */
  carryOver: readonly string[];
  /**
   * Tables of which the step makes again only the partitions with rows of new, changed or gone objects, or with rows that
   * look up a changed row of a table that the contract names in `rebuild.when`.
   */
  partitions: readonly string[];
}

export type ClusterChoice =
  { kind: 'local' } | { kind: 'new' } | { kind: 'reuse' } | { kind: 'id'; id: string };

/** What `[EMR]` says about clusters to launch. Every driver of the run launches the same. */
export interface PlannedLaunch {
  instanceType: string;
  /** Core nodes beside the primary one; 0 makes a cluster of one node. */
  coreCount: number;
  subnet?: string;
  keyName?: string;
  serviceRole: string;
  /** The instance profile of the nodes. */
  jobFlowRole: string;
  tags: Readonly<Record<string, string>>;
  /** The pool the cluster joins when it is kept alive; runs that reuse look for clusters of their own pool only. */
  pool?: string;
  /** The name of the cluster_json and the SHA-256 of its content, which may hold secrets and is not copied. */
  clusterJson?: { file: string; sha256: string };
}

/** Whether a step joins the Spark application of the steps that it reads, or each has its own. */
export type Applications = 'joined' | 'per_step';

/** Where a plan's templates and settings were read, on the machine that made it. */
export interface PlanOrigin {
  /** The pipeline's folder, absolute; absent: the pipeline that comes with Landfall. */
  templates?: string;
  /** The pipeline's folder as messages name it: in the user's own words, where there are any. */
  folder: string;
  /** The configuration file, absolute; absent: none. */
  config?: string;
  /** Settings that came from the environment or flags, by their variables. No secrets. */
  variables: Readonly<Record<string, string>>;
}

export interface RunPlan {
  version: 1;
  run: string;
  pipeline: string;
  /** ISO 8601, UTC. */
  plannedAt: string;
  lake: string;
  logUri: string;
  sources: readonly PlannedSource[];
  /** SHA-256 over the manifest: same digest, same inputs. */
  inputsDigest: string;
  /** Of what decides the content of each source and table: same digests and same inputs, same content. */
  digests: Digests;
  steps: readonly PlannedStep[];
  applications: Applications;
  /**
   * By step that need not run: the execution, of an earlier run, that made its tables. It is of the publication before this
   * run's.
   */
  carried?: Readonly<Record<string, string>>;
  /** By step: what it builds on, so that it parses only what changed since. It is of the publication before this run's. */
  bases?: Readonly<Record<string, StepBase>>;
  cluster: ClusterChoice;
  /** Absent where the cluster is named, and in the journals of earlier versions: those launch by the settings at hand. */
  launch?: PlannedLaunch;
  /** EMR release label. */
  release: string;
  /** Region of the cluster, where the settings name one. Every driver of the run looks for it there. */
  region?: string;
  /** The publication number this run will take; another run taking it first is a conflict. */
  publication: number;
  keepAlive: boolean;
  settleSeconds: number;
  idleTimeoutSeconds: number;
  stepTimeoutSeconds: number;
  /** Largest share of a source's lines that may be quarantined, 0 to 1. */
  maxQuarantined: number;
  /**
   * How often the driver itself continues on a new cluster after losing one to the infrastructure; never when absent.
   */
  retryInfrastructure?: number;
  /** A retry reads its templates and settings there too. */
  origin: PlanOrigin;
}

/** An attempt of a step, by its number. */
export interface StepAttempt {
  step: string;
  attempt: number;
}

/** The names by which we find our own cluster or step again. Never reused for anything else. */
export const tokens = {
  cluster: (run: string, n: number) => `landfall/${run}/cluster#${n}`,
  step: (run: string, step: string, attempt: number) => `landfall/${run}/${step}#${attempt}`,
  /** The name of an EMR step: the token of its only step, or one made of its first and its last step. */
  application: (run: string, steps: readonly StepAttempt[]) => {
    const [first, last] = [present(steps[0], 'first step'), present(steps.at(-1), 'last step')];
    const name = tokens.step(run, first.step, first.attempt);
    return steps.length === 1 ? name : `${name}..${last.step}#${last.attempt}`;
  },
} as const;

/** True for the name of a cluster of this run. */
export function isClusterToken(run: string, name: string): boolean {
  const n = /^landfall\/[^/]+\/cluster#(\d+)$/.exec(name)?.[1];
  return n !== undefined && name === tokens.cluster(run, Number(n));
}

/** True for the name of an EMR step of this run. */
export function isStepToken(run: string, name: string): boolean {
  const [, step, attempt, last, ofLast] =
    /^landfall\/[^/]+\/([^/#]+)#(\d+)(?:\.\.([^/#]+)#(\d+))?$/.exec(name) ?? [];
  if (step === undefined) return false;
  const first = { step, attempt: Number(attempt) };
  const steps = last === undefined ? [first] : [first, { step: last, attempt: Number(ofLast) }];
  return name === tokens.application(run, steps);
}

/** What the arguments of a step are made of. */
export interface StepArguments {
  step: PlannedStep;
  attempt: number;
  /**
   * For each step that it reads: the folder of its accepted execution, or of its attempt where none is accepted yet. Of several
   * complete executions below that, the step reads the one that `Lake.acceptExecution` accepts.
   */
  upstreams: Readonly<Record<string, string>>;
}

/**
 * The argument vector of an EMR step: `spark-submit`, then the program and the arguments of each step
 * (`spark-templates/engine/arguments.py` reads them). Each program starts the one after its `--then`.
 */
export function applicationArguments(plan: RunPlan, steps: readonly StepArguments[]): string[] {
  const program = ({ step, attempt }: StepArguments) =>
    `${plan.lake}/${keys.program(plan.run, step.name, attempt)}`;
  return [
    'spark-submit',
    '--deploy-mode',
    'client',
    ...steps.flatMap((one, at) => [
      ...(at === 0 ? [encodedUri(program(one))] : ['--then', program(one), '--digest', one.step.digest]),
      ...stepArguments(plan, one),
    ]),
  ];
}

function stepArguments(plan: RunPlan, { step, attempt, upstreams }: StepArguments): string[] {
  const at = (key: string) => `${plan.lake}/${key}`;
  const uri = new Map(plan.sources.map((source) => [source.name, source.uri]));
  return [
    '--output',
    at(keys.attempt(plan.run, step.name, attempt)),
    '--token',
    tokens.step(plan.run, step.name, attempt),
    ...(step.sources.length > 0 ? ['--manifest', at(keys.inputs(plan.run))] : []),
    ...step.sources.flatMap(({ name }) => ['--source', `${name}=${uri.get(name) ?? ''}`]),
    ...step.upstreams.flatMap((name) => ['--upstream', `${name}=${at(upstreams[name] ?? '')}`]),
    ...baseArguments(plan, step),
    ...(plan.stepTimeoutSeconds > 0 ? ['--timeout', String(plan.stepTimeoutSeconds)] : []),
  ];
}

function baseArguments({ lake, bases = {} }: RunPlan, { name }: PlannedStep): string[] {
  const base = bases[name];
  if (base === undefined) return [];
  return [
    '--base',
    `${lake}/${base.execution}`,
    ...base.carryOver.flatMap((table) => ['--carry-over', table]),
    ...base.partitions.flatMap((table) => ['--partitions', table]),
  ];
}

/** spark-submit takes its program for a URI, percent-encoded, unlike every path that the program itself is given. */
function encodedUri(uri: string): string {
  const root = /^[a-z0-9]+:\/\/[^/]*/.exec(uri)?.[0] ?? '';
  const path = uri.slice(root.length);
  return root + path.split('/').map(encodeURIComponent).join('/');
}
