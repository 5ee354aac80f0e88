/** Everything a run is, before anything is started: settings, rendered steps, listed inputs, the plan. */
import { counted } from '../counted.ts';
import type { Settings } from '../config/settings.ts';
import { formatDiagnostic, LandfallError, throwIfErrors } from '../faults.ts';
import type { Publication } from '../lake/publication.ts';
import type { RenderedStep } from '../pipeline/contract.ts';
import { placedIn } from './pipeline-folder.ts';
import { settleParameters } from '../pipeline/parameters.ts';
import { renderSteps } from '../pipeline/render.ts';
import type { Rendered } from '../pipeline/render.ts';
import { contractWith } from '../pipeline/resolve.ts';
import type { Staging } from '../run/drive.ts';
import { checkBeginnings } from '../run/first-line.ts';
import { shortHashes } from '../run/hash-room.ts';
import type { Input } from '../run/input-manifest.ts';
import type { ClusterChoice, PlanOrigin, RunPlan } from '../run/plan.ts';
import { checkRunId, newRunId } from '../run/run-id.ts';
import { realUri } from '../store/real-uri.ts';
import type { ProvenStore } from '../store/proven.ts';
import type { Store } from '../store/store.ts';
import { relation } from '../store/uri.ts';
import { place } from '../shell-words.ts';
import { originOf } from './as-planned.ts';
import { readBeginnings } from './beginnings.ts';
import { openLake } from './compose.ts';
import { listInputs, withSample } from './list-inputs.ts';
import type { Manifest } from './list-inputs.ts';
import { plannedIdleTimeout, plannedLaunch } from './planned-launch.ts';
import { refuseUnreadable } from './readable.ts';
import { configure, countFlag } from './configure.ts';
import type { Configured } from './configure.ts';
import { sha256 } from './sha256.ts';
import type { PlanFlags, SubmitFlags } from '../cli/run-verbs.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export interface Prepared {
  configured: Configured;
  settings: Settings;
  plan: RunPlan;
  /** The newest publication, the one before the run's. */
  newest: Publication | undefined;
  inputs: readonly Input[];
  staging: Staging;
  store: ProvenStore;
}

/** Prepares a run for `submit` or `plan`. Throws `input` for every mistake it can see; changes nothing in the lake. */
export async function prepare(
  verb: 'submit' | 'plan',
  flags: PlanFlags & SubmitFlags & Flags,
  cli: CliContext,
): Promise<Prepared> {
  const choice = clusterChoice(flags.cluster ?? 'new');
  const given = configure(verb, flags, cli);
  const { pipeline } = given;
  const rendered = render(given);
  const settings = await withSample(given.settings, pipeline, choice.kind === 'local', cli);
  keepApart(settings);
  const manifest = await listInputs(settings, cli);
  await lookAtInputs(manifest.inputs, { ...given, settings }, cli);
  const store = await openLake(settings, cli);
  const newest = await newestBefore(store, rendered.steps);
  const plan = makePlan({
    run: checkRunId(flags['run-id'] ?? newRunId(cli.clock, cli.random), '--run-id'),
    plannedAt: cli.clock.now().toISOString(),
    pipeline: pipeline.name,
    settings,
    inputs: manifest.inputs,
    inputsDigest: manifest.digest,
    rendered,
    choice,
    publication: numberAfter(newest),
    retryInfrastructure: countFlag(flags, 'retry-infrastructure'),
    origin: originOf(flags, cli, given),
  });
  return {
    configured: { ...given, settings },
    settings,
    plan,
    newest,
    inputs: manifest.inputs,
    staging: stagingOf(rendered, manifest),
    store,
  };
}

/** Refuses a lake that is, links followed, the same place as an input, or inside or around it. */
function keepApart({ lake, sources }: Settings): void {
  const root = realUri(lake.path);
  for (const [name, uri] of Object.entries(sources)) {
    const lies = relation(root, realUri(uri));
    if (lies === 'apart') continue;
    const how = lies === 'equal' ? 'the same place as' : lies;
    throw new LandfallError(
      'input',
      `the lake ${place(lake.path)} is ${how} the input ${name}, ${place(uri)}`,
      {
        stand: ['nothing was started'],
        next: 'choose another --lake',
      },
    );
  }
}

/**
 * Throws `access` or `input` when a source cannot be read, or when its step could only fail; warns about what looks
 * wrong.
 */
export async function lookAtInputs(
  inputs: readonly Input[],
  { settings, pipeline, parameters }: Configured,
  { printer }: CliContext,
): Promise<void> {
  await refuseUnreadable(inputs);
  const beginnings = await readBeginnings(inputs, settings);
  const { values } = settleParameters(pipeline.parameters, parameters);
  const tables = pipeline.steps.flatMap(({ writes }) =>
    writes.map((table) => ({ ...table, contract: contractWith(table, values) })),
  );
  const found = [
    ...checkBeginnings(beginnings, pipeline.sources),
    ...shortHashes(tables, pipeline.sources, inputs, beginnings),
  ];
  throwIfErrors(found, 'invalid input; nothing was started');
  for (const one of found) printer.emit({ event: 'warning', message: formatDiagnostic(one) });
}

/** What is uploaded before the first step. */
export function stagingOf({ steps }: Pick<Rendered, 'steps'>, manifest: Manifest): Staging {
  const programs = Object.fromEntries(steps.map(({ name, program }) => [name, program]));
  return { manifest: manifest.body, programs };
}

/** The steps as programs, and the digests of what they make. Throws `input` with every mistake in the templates. */
export function render({ pipeline, templates, engine, parameters }: Configured): Rendered {
  const rendered = renderSteps({ pipeline, engine }, parameters, sha256);
  throwIfErrors(
    placedIn(templates, rendered.diagnostics),
    'the templates have mistakes; nothing was started',
  );
  return rendered;
}

/** By step: the digest of its program. */
export function digestsOf({ steps }: Pick<Rendered, 'steps'>): ReadonlyMap<string, string> {
  return new Map(steps.map(({ name, digest }) => [name, digest]));
}

/** `local`, `new`, `reuse` or a cluster's id. */
export function clusterChoice(text: string): ClusterChoice {
  if (text === 'local' || text === 'new' || text === 'reuse') return { kind: text };
  if (/^j-[A-Z0-9]+$/.test(text)) return { kind: 'id', id: text };
  throw new LandfallError('input', `--cluster ${JSON.stringify(text)} is not a cluster`, {
    next: 'use local, new, reuse, or the id of a cluster, such as j-2AXXXXXXGAPLF',
  });
}

/** A step, planned or rendered, as far as its tables go. */
type Writes = Pick<RenderedStep, 'tables'>;

/**
 * The number after the newest publication; throws `input` when objects of others lie where tables will be mirrored.
 */
export async function nextPublication(store: Store, steps: readonly Writes[]): Promise<number> {
  return numberAfter(await newestBefore(store, steps));
}

const numberAfter = (newest: Publication | undefined) => (newest?.number ?? 0) + 1;

/** The newest publication. Throws `input` when objects of others lie where the tables of these steps would be mirrored. */
async function newestBefore(store: Store, steps: readonly Writes[]): Promise<Publication | undefined> {
  const { newestPublication } = await import('../lake/publication.ts');
  const tables = steps.flatMap(({ tables: written }) => written.filter(({ internal }) => !internal));
  const newest = await newestPublication(store);
  await refuseUnknownObjects(
    store,
    tables.map(({ name }) => name),
    newest,
  );
  return newest;
}

/** Throws `input` when objects of others lie where these tables will be mirrored. */
export async function refuseUnknownObjects(
  store: Store,
  tables: readonly string[],
  newest: Publication | undefined,
): Promise<void> {
  const { unknownObjects } = await import('../lake/unknown-objects.ts');
  const unknown = await unknownObjects(store, tables, newest);
  if (unknown.length > 0) {
    throw new LandfallError(
      'input',
      `found ${counted(unknown.length, 'object')} at the plain paths that Landfall did not write`,
      {
        why: unknown.slice(0, 10).map((key) => `${store.uri}/${key}`),
        stand: ['nothing was started, published or removed'],
        next: 'move them away, then run this command again; submit may also take another --lake',
      },
    );
  }
}

export interface PlanParts {
  run: string;
  plannedAt: string;
  pipeline: string;
  settings: Settings;
  inputs: readonly Input[];
  inputsDigest: string;
  rendered: Pick<Rendered, 'steps' | 'digests'>;
  choice: ClusterChoice;
  publication: number;
  retryInfrastructure?: number | undefined;
  origin: PlanOrigin;
}

/** The plan, out of what was prepared for it. */
export function makePlan({
  settings,
  inputs,
  rendered,
  choice,
  retryInfrastructure = 0,
  ...parts
}: PlanParts): RunPlan {
  const { lake, emr, checks } = settings;
  return {
    version: 1,
    ...parts,
    lake: lake.path,
    logUri: lake.logs,
    sources: inputs.map(({ source, uri, objects, bytes, skipped, skippedBy }) => ({
      name: source,
      uri,
      objects: objects.length,
      bytes,
      skipped,
      ...(skipped === 0 ? {} : { skippedBy }),
    })),
    digests: rendered.digests,
    steps: rendered.steps.map(({ program: _, ...step }) => step),
    applications: emr.applications,
    cluster: choice,
    release: emr.release,
    ...(emr.region === undefined ? {} : { region: emr.region }),
    ...(choice.kind === 'id' ? {} : { launch: plannedLaunch(settings, choice) }),
    keepAlive: emr.keepAlive,
    settleSeconds: emr.settleSeconds,
    idleTimeoutSeconds: plannedIdleTimeout(settings, choice),
    stepTimeoutSeconds: emr.stepTimeout,
    maxQuarantined: checks.maxQuarantined,
    ...(retryInfrastructure === 0 ? {} : { retryInfrastructure }),
  };
}
