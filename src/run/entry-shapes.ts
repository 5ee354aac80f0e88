/**
 * What each kind of journal entry must look like before it is trusted: a lake may be damaged, or written by
 * somebody hostile. The layout checks names that become keys; fields that are not named here are ignored.
 */
import { z } from 'zod';
import { EXIT_CODES } from '../faults.ts';
import { isExecutionName, isRunId, keys, parseExecution } from '../lake/layout.ts';
import { contract, dependencies, name, tableName } from './contract-shape.ts';
import type { Entry } from './entries.ts';
import type { RunPlan } from './plan.ts';

const count = z.number().int().nonnegative();
/** The number after it is a safe integer too. */
const ordinal = z.number().int().positive().lt(Number.MAX_SAFE_INTEGER);
const amount = z.number().nonnegative();
const time = z.iso.datetime({ offset: true });
const run = z.string().refine(isRunId, 'is not a run id');
const names = z.array(name);
/** EMR's id of a cluster or step: it becomes a part of paths below LogUri. */
const emrId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is not an id that EMR gives');
const texts = z.array(z.string());

const digests = z.record(name, z.string());

const plan = z.looseObject({
  version: z.literal(1),
  run,
  pipeline: z.string(),
  plannedAt: time,
  lake: z.string(),
  logUri: z.string(),
  sources: z.array(
    z.looseObject({ name: tableName, uri: z.string(), objects: count, bytes: count, skipped: count }),
  ),
  inputsDigest: z.string(),
  digests: z.object({ sources: digests, tables: digests }),
  steps: z.array(
    z.looseObject({
      name,
      digest: z.string(),
      sources: z.array(z.looseObject({ name, views: names })),
      upstreams: names,
      tables: z.array(contract),
      dependencies,
    }),
  ),
  applications: z.enum(['joined', 'per_step']),
  carried: z.record(name, z.string()).optional(),
  bases: z.record(name, z.object({ execution: z.string(), carryOver: names, partitions: names })).optional(),
  cluster: z.union([
    z.looseObject({ kind: z.enum(['local', 'new', 'reuse']) }),
    z.looseObject({ kind: z.literal('id'), id: emrId }),
  ]),
  launch: z
    .looseObject({
      instanceType: z.string(),
      coreCount: count,
      serviceRole: z.string(),
      jobFlowRole: z.string(),
      tags: z.record(z.string(), z.string()),
    })
    .optional(),
  release: z.string(),
  region: z.string().optional(),
  publication: ordinal,
  keepAlive: z.boolean(),
  settleSeconds: amount,
  idleTimeoutSeconds: amount,
  stepTimeoutSeconds: amount,
  maxQuarantined: amount,
  retryInfrastructure: count.optional(),
  origin: z.looseObject({
    templates: z.string().optional(),
    folder: z.string(),
    config: z.string().optional(),
    variables: z.record(z.string(), z.string()),
  }),
});

const finding = z.looseObject({
  severity: z.enum(['error', 'warn']),
  subject: z.string(),
  message: z.string(),
  count: z.number().optional(),
  sample: texts.optional(),
});
const attempt = { step: name, attempt: ordinal };
const publication = { publication: ordinal };

/** By kind, the fields that Landfall reads. */
const SHAPES = {
  planned: { plan },
  replanned: { plan, rerun: names, elsewhere: z.boolean() },
  'infrastructure-retry': { clusterId: emrId, rerun: names, why: z.string() },
  'taken-over': { from: z.string() },
  rebased: publication,
  staged: {},
  endpoint: { host: z.string() },
  'cluster-intent': { n: ordinal, token: z.string(), since: time.optional() },
  cluster: {
    n: ordinal,
    id: emrId,
    how: z.enum(['launched', 'adopted', 'reused', 'given']),
    account: z.string().optional(),
    region: z.string().optional(),
  },
  'cluster-logs': { id: emrId, logUri: z.string() },
  'cluster-ended': { clusterId: emrId, state: z.string(), code: z.string().optional() },
  'cluster-duplicate': { id: emrId },
  refused: { token: z.string() },
  'step-intent': {
    ...attempt,
    with: z.array(z.looseObject(attempt)).optional(),
    token: z.string(),
    clusterId: emrId,
    since: time.optional(),
  },
  'step-submitted': { ...attempt, id: emrId, how: z.enum(['accepted', 'adopted']) },
  'step-duplicate': { ...attempt, id: emrId },
  'step-ended': { ...attempt, state: z.string(), ended: time.optional() },
  'step-accepted': { ...attempt, execution: z.string(), ended: time.optional() },
  verified: {
    tables: z.array(z.looseObject({ table: name, rows: count, files: count, bytes: count })),
    findings: z.array(finding),
  },
  'publish-intent': publication,
  published: publication,
  mirrored: publication,
  'rollback-intent': publication,
  removing: {},
  'cancel-requested': { by: z.string() },
  'terminate-intent': { clusterId: emrId },
  'terminate-requested': { clusterId: emrId },
  finished: {
    verdict: z.enum(['succeeded', 'failed', 'cancelled']),
    fault: z.enum(Object.keys(EXIT_CODES) as [keyof typeof EXIT_CODES]).optional(),
    message: z.string().optional(),
    why: texts.optional(),
  },
} satisfies Record<Entry['entry'], z.core.$ZodLooseShape>;

export function isEntryKind(kind: string): kind is Entry['entry'] {
  return Object.hasOwn(SHAPES, kind);
}

/** What is wrong with the fields of an entry of this kind in the journal of that run; undefined when nothing is. */
export function problemOf(kind: Entry['entry'], ofRun: string, value: unknown): string | undefined {
  const { error } = z.looseObject(SHAPES[kind]).safeParse(value);
  if (error !== undefined) return z.prettifyError(error);
  const entry = value as Entry;
  if (entry.entry === 'planned' || entry.entry === 'replanned') return problemOfPlan(ofRun, entry.plan);
  if (entry.entry === 'step-accepted' && !isExecutionOf(ofRun, entry))
    return `${JSON.stringify(entry.execution)} is not an execution of attempt ${String(entry.attempt)} of ${entry.step}`;
  return undefined;
}

function problemOfPlan(
  ofRun: string,
  { run: its, steps, carried = {}, bases = {} }: RunPlan,
): string | undefined {
  if (its !== ofRun) return `it has the plan of run ${its}`;
  const used = Object.entries(bases).map(([step, { execution }]) => [step, execution] as const);
  for (const [step, execution] of [...Object.entries(carried), ...used]) {
    if (parseExecution(execution)?.step !== step)
      return `${JSON.stringify(execution)}, which it uses, is not an execution of ${step}`;
    if (!steps.some(({ name: planned }) => planned === step))
      return `it uses an execution of ${step}, which is not one of its steps`;
  }
  for (const [step, { carryOver, partitions }] of Object.entries(bases)) {
    const its = steps.find((one) => one.name === step)?.tables.map((table) => table.name) ?? [];
    const wrong = [...carryOver, ...partitions].find(
      (table, at, all) => !its.includes(table) || all.indexOf(table) < at,
    );
    if (wrong !== undefined)
      return `${wrong}, which ${step} takes over, is not one of its tables, or is named twice`;
  }
  const earlier = new Set<string>();
  const tables = new Set<string>();
  for (const step of steps) {
    if (earlier.has(step.name)) return `step ${step.name} appears twice`;
    const late = step.upstreams.find((upstream) => !earlier.has(upstream));
    if (late !== undefined) return `step ${step.name} reads from ${late}, which is not an earlier step`;
    earlier.add(step.name);
    for (const table of step.tables) {
      if (tables.has(table.name)) return `table ${table.name} appears twice`;
      tables.add(table.name);
    }
  }
  return undefined;
}

function isExecutionOf(
  ofRun: string,
  { step, attempt: number, execution }: Extract<Entry, { entry: 'step-accepted' }>,
): boolean {
  const folder = `${keys.attempt(ofRun, step, number)}/`;
  return execution.startsWith(folder) && isExecutionName(execution.slice(folder.length));
}
