/** What the journal adds to a run's failure: where things stand, what costs money until when, the next command. Pure. */
import { grouped } from '../grouped.ts';
import { isCarried, stepsOnEarlierFiles } from '../run/carried.ts';
import { LandfallError } from '../faults.ts';
import type { RunPlan } from '../run/plan.ts';
import { errorsFound, onlyForeign } from '../run/publishing.ts';
import { currentAttempt, currentCluster, isOurs } from '../run/state.ts';
import type { ClusterEntry, RunState } from '../run/state.ts';
import { clusterPhase, reasonKind } from '../run/states.ts';
import { duration } from './quantities.ts';
import { advise, afterLoss, commandAt, flagWords, place } from '../shell-words.ts';
import type { Advice, AdvisedCommand } from '../shell-words.ts';

/**
 * The failure as it is reported: with its run, where things stand, and the next command; `onward` continues the run.
 */
export function completed(
  error: LandfallError,
  state: RunState,
  now: Date,
  onward: Onward = 'attach',
): LandfallError {
  const { fault, message, why, stand, more, retryable, cause } = error;
  const next = nextMove(error, state, command(onward, state.plan));
  return new LandfallError(fault, message, {
    run: state.plan.run,
    why,
    stand: [...stand, ...standing(state, now)],
    more,
    retryable,
    cause,
    ...(next === undefined ? {} : { next }),
  });
}

/** The verb that continues a run that is not over; `publish` where it no longer needs its cluster. */
export type Onward = 'attach' | 'publish';

/** A command about this run that works from any folder and machine. */
export function command(
  verb: 'attach' | 'retry' | 'publish' | 'quarantine',
  { run, lake }: RunPlan,
  flag?: string,
): AdvisedCommand {
  return commandAt(lake, verb, run, ...(flag === undefined ? [] : [flag]));
}

/** A new run of the same kind: the same inputs, cluster, templates and lake, as they are now. */
export function submitLike({ lake, sources, cluster, origin }: RunPlan): AdvisedCommand {
  const where = cluster.kind === 'id' ? cluster.id : cluster.kind;
  const inputs = sources.flatMap(({ name, uri }) =>
    flagWords([`--${name.replaceAll('_', '-')}`, place(uri)]),
  );
  const read = (['templates', 'config'] as const).flatMap((name) =>
    origin[name] === undefined ? [] : flagWords([`--${name}`, origin[name]]),
  );
  return commandAt(lake, 'submit', '--cluster', where, ...inputs, ...read);
}

/** Steps, tables, clusters: a line or two, from the journal. */
export function standing(state: RunState, now: Date): string[] {
  const latest = currentCluster(state);
  const lines = state.clusters
    .filter((cluster) => cluster === latest || isLeftUp(cluster))
    .map((cluster) => clusterLine(state, cluster, now));
  return [
    `${steps(state)}; ${publication(state)}`,
    ...(lines.length === 0 ? ['no cluster was launched'] : lines),
  ];
}

/** A line for each cluster of ours that was never asked to terminate. */
export function leftUp(state: RunState, now: Date): string[] {
  return state.clusters.filter(isLeftUp).map((cluster) => clusterLine(state, cluster, now));
}

function steps(state: RunState): string {
  const names = state.plan.steps.map(({ name }) => name);
  const byWord = grouped(names, (name) => stepWord(state, name));
  return [...byWord].map(([word, its]) => `${its.join(', ')} ${word}`).join('; ');
}

function stepWord(state: RunState, name: string): string {
  const attempt = currentAttempt(state, name);
  const { finished, cancelRequested } = state;
  if (attempt === undefined) return 'not started';
  const again = attempt.attempt === 1 ? '' : ` (attempt ${String(attempt.attempt)})`;
  if (isCarried(state, name)) return 'carried over';
  if (attempt.execution !== undefined) return `done${again}`;
  const cluster = state.clusters.find(({ id }) => id === attempt.clusterId);
  if (cluster?.ended !== undefined) return `${attempt.ended?.state ?? 'lost'} with its cluster${again}`;
  if (attempt.ended !== undefined) return `${attempt.ended.state}${again}`;
  if (finished !== undefined)
    return `${finished.verdict === 'cancelled' ? 'cancelled' : 'not complete'}${again}`;
  if (attempt.stepId === undefined) return `perhaps submitted${again}`;
  return cancelRequested ? `cancellation requested (${attempt.stepId})` : `under way (${attempt.stepId})`;
}

function publication({ published, publishing, mirrored, finished, plan }: RunState): string {
  if (published !== undefined)
    return `published as number ${String(published)}${mirrored ? '' : ', not yet copied to the plain paths'}`;
  return publishing && finished === undefined
    ? `publishing as number ${String(plan.publication)} has begun`
    : 'nothing was published';
}

/** True for a cluster of ours that was never asked to terminate. */
function isLeftUp(cluster: ClusterEntry): boolean {
  return isOurs(cluster) && cluster.terminate === undefined && cluster.ended === undefined;
}

function clusterLine(state: RunState, cluster: ClusterEntry, now: Date): string {
  const { plan, finished, cancelRequested } = state;
  const idle = duration(plan.idleTimeoutSeconds * 1000);
  if (cluster.id === undefined) {
    if (finished !== undefined) return 'no cluster was launched';
    return `a cluster named ${cluster.token} may have been launched; it terminates itself after ${idle} without work`;
  }
  const name = `cluster ${cluster.id}`;
  if (cluster.ended !== undefined)
    return `${name} ${clusterPhase(cluster.ended.state) === 'ending' ? 'is ending' : 'has ended'}`;
  if (!isOurs(cluster)) return `${name} is not this run's: it keeps running`;
  if (cancelRequested && !plan.keepAlive)
    return `${name}${finished === undefined ? ': termination requested, not yet confirmed' : ' has ended, or is ending'}`;
  if (cluster.terminate === 'requested') return `${name}: termination requested, not yet confirmed`;
  const local = plan.cluster.kind === 'local';
  if (finished === undefined)
    return `${name} keeps running${local ? '' : ' and costs money'}; it terminates itself ${idle} after its last step`;
  const end = new Date(idleSince(state, now).getTime() + plan.idleTimeoutSeconds * 1000);
  if (end <= now)
    return `${name} terminated itself about ${moment(end, now)}, unless it was given work since`;
  return `${name} ${local ? 'stays up' : 'costs money'} until it has been idle for ${idle}, about ${moment(end, now)}`;
}

/** When the run last gave its cluster work. */
function idleSince(state: RunState, now: Date): Date {
  const { plan, finished } = state;
  const ends = plan.steps.flatMap(({ name }) => currentAttempt(state, name)?.endedAt ?? []);
  const last = ends.sort((a, b) => b.getTime() - a.getTime())[0];
  return last ?? (finished === undefined ? now : new Date(finished.at));
}

/** `14:10 UTC`; with its date when that is not today's. */
function moment(at: Date, now: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T');
  const today = now.toISOString().startsWith(date);
  return `${today ? '' : `${date} `}${time.slice(0, 5)} UTC`;
}

/**
 * What a step says about changed inputs (`spark-templates/engine/inputs.py`, `books.py`): a retry would fail the same
 * way.
 */
function tellsOtherInputs(line: string): boolean {
  return /^\d+ input objects? \(/.test(line);
}

/** The error for a run that builds on files of a publication that is no longer the newest: it must be planned again. */
export function outdated({ plan }: RunState): LandfallError {
  const { run, publication } = plan;
  return new LandfallError(
    'overtaken',
    `run ${run} builds on publication ${String(publication - 1)}, which is no longer the newest`,
    { stand: ['its tables stay in the lake; nothing was published'], next: submitLike(plan) },
  );
}

export function submitOnCurrentInputs(plan: RunPlan): Advice {
  return advise`${submitLike(plan)}, for a run on the inputs as they are now`;
}

/**
 * The error's own advice comes first; a run that continues without us is followed with `onward`, one that is over is
 * retried.
 */
function nextMove(
  { fault, next, why }: LandfallError,
  state: RunState,
  asked: AdvisedCommand,
): Advice | AdvisedCommand | undefined {
  const retry = command('retry', state.plan);
  const { finished } = state;
  const isLost = finished !== undefined && finished.verdict !== 'succeeded';
  const onward = isLost && asked.verb === 'attach' ? retry : asked;
  switch (fault) {
    case 'timeout':
      return state.finished === undefined ? onward : retry;
    case 'owned':
      return command('attach', state.plan);
    case 'access':
    case 'unreachable':
    case 'full':
      return next === undefined ? onward : advise`${next}, then ${onward}`;
    case 'cancelled':
      return state.finished === undefined ? onward : retry;
    case 'overtaken':
      if (stepsOnEarlierFiles(state).length > 0) return next ?? submitLike(state.plan);
      return next ?? command('publish', state.plan, '--rebase');
    case 'cluster':
      return next ?? afterCluster(state, retry);
    case 'step':
      return why.some(tellsOtherInputs)
        ? submitOnCurrentInputs(state.plan)
        : advise`${next ?? 'fix the cause'}, then ${retry}`;
    case 'tables':
      return next ?? afterFindings(state, retry);
    case 'input':
      return next ?? (state.finished === undefined ? undefined : advise`fix the cause, then ${retry}`);
    case 'internal':
      return advise`${next ?? 'please report it'}; ${onward} continues the run`;
  }
}

/**
 * Published tables can only be replaced by another set. Too many bad lines should be looked at first; a broken
 * contract may come from the query or from the data. Objects of others have to be moved away before anything else.
 */
function afterFindings(state: RunState, retry: AdvisedCommand): Advice {
  const { plan, published } = state;
  if (published !== undefined) return afterLoss(plan.lake);
  const move = 'move away what is not Landfall’s';
  if (onlyForeign(state)) return advise`${move}, then ${command('publish', plan)}`;
  const errors = errorsFound(state);
  const own = errors.filter(({ foreign }) => foreign === undefined);
  const submit = submitLike(plan);
  const tooMany = own.some(({ limit }) => limit === 'max_quarantined');
  const fix = tooMany
    ? advise`${command('quarantine', plan)} shows the bad lines; fix the data, then ${submit}; or raise max_quarantined, then ${retry}`
    : advise`fix the query, then ${retry}; or fix the data, then ${submit}`;
  return own.length === errors.length ? fix : advise`${move}; ${fix}`;
}

/** Only a wrong configuration has to be fixed first; a named cluster that is gone is replaced by a new one. */
function afterCluster(state: RunState, retry: AdvisedCommand): Advice {
  const ended = currentCluster(state)?.ended;
  if (ended === undefined) return advise`fix the cause, then ${retry}`;
  const { plan } = state;
  const elsewhere =
    plan.cluster.kind === 'id' ? commandAt(plan.lake, 'retry', plan.run, '--cluster', 'new') : retry;
  const kind = reasonKind(ended.code);
  return kind === 'configuration' || kind === 'unknown'
    ? advise`fix the cause, then ${elsewhere}`
    : advise`${elsewhere}`;
}
