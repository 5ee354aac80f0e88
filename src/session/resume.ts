/**
 * Continues an existing run: returns its verdict if it has one, follows it while another driver has it, drives it
 * otherwise.
 */
import type { Settings } from '../config/settings.ts';
import { codeOf } from '../error-code.ts';
import { LandfallError } from '../faults.ts';
import { narrateEntry } from '../report/narrate-entry.ts';
import { completed } from '../report/standing.ts';
import type { Outcome } from '../report/outcome.ts';
import type { Staging } from '../run/drive.ts';
import { openJournal } from '../run/journal.ts';
import { readEntries, readState } from '../run/read-journal.ts';
import { ownedBy, ownership, SILENT_MS } from '../run/ownership.ts';
import type { Owner } from '../run/ownership.ts';
import { keys } from '../lake/layout.ts';
import { objectsWithRetry } from '../run/with-retry.ts';
import { statusOf } from '../run/status-of.ts';
import { follow } from '../run/fold.ts';
import { needsEmr } from '../run/stages.ts';
import type { RunState } from '../run/state.ts';
import type { Store } from '../store/store.ts';
import { checkEndpointHere, prepareSpark } from './local-cluster.ts';
import { checkPlanTrust } from './plan-trust.ts';
import { checkResume } from './preflight.ts';
import { driveToVerdict } from './drive-to-verdict.ts';
import type { Watch } from './watch.ts';
import { noteTo, retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';

export interface Resumption {
  settings: Settings;
  /** The inputs that this machine's own settings name. */
  inputs: Settings['sources'];
  store: Store;
  run: string;
  staging: () => Promise<Staging>;
  watch: Watch;
  /** Do not wait for a living owner to fall silent. */
  takeOver: boolean;
  /** By step: the digest of what the templates here render. */
  rendered: () => ReadonlyMap<string, string>;
  /** `--trust-lake`. */
  trustLake: boolean;
}

/** True when a run of that name has begun. */
export async function runExists(store: Store, run: string): Promise<boolean> {
  return (await store.head(keys.entry(run, 1))) !== undefined;
}

/** Waits for the end of the run: returns its outcome when it succeeded, throws its verdict otherwise. */
export async function resumeRun(cli: CliContext, resumption: Resumption): Promise<Outcome> {
  const { store, run, takeOver, watch } = resumption;
  const deadline = cli.clock.monotonic() + (watch.timeout ?? Number.POSITIVE_INFINITY) * 1000;
  let state = await readState(store, run);
  let announced = false;
  const objects = objectsWithRetry(store, retryPolicyOf(cli));
  for (;;) {
    if (isOver(state)) return verdictOf(cli, state);
    const owner = await ownership(objects, state, (who) => isDead(who, cli));
    if (takeOver || (owner.owner !== 'fresh' && owner.owner !== 'beginning')) {
      const timeout = (deadline - cli.clock.monotonic()) / 1000;
      const left = { ...watch, timeout: Number.isFinite(timeout) ? timeout : undefined };
      const outcome = await takeRunOver(cli, { ...resumption, watch: left }, state);
      if (outcome !== undefined) return outcome;
    } else if (watch.detach && owner.owner === 'fresh') {
      throw ownedBy(run, owner.who, owner.silentMs);
    } else if (!announced && owner.owner === 'fresh') {
      sayOwner(cli, run, owner.who, owner.silentMs);
      announced = true;
    }
    for (const entry of await readEntries(objects, run, state.length)) {
      const line = narrateEntry(entry);
      if (line !== undefined) cli.printer.emit({ event: 'note', message: line });
      state = follow(store, state, entry);
    }
    if (cli.clock.monotonic() > deadline)
      throw completed(await watchedLongEnough(cli, resumption, state), state, cli.clock.now());
    await cli.clock.sleep(WATCH_MS, cli.interrupted);
    cli.interrupted.throwIfAborted();
  }
}

const WATCH_MS = 2_000;

/** True when the run has finished and nothing is left to do. */
function isOver({ finished, mirrored }: RunState): boolean {
  return finished !== undefined && (finished.verdict !== 'succeeded' || mirrored);
}

/** Drives the run to its verdict; undefined when someone else changed it since `state`: then read it again. */
async function takeRunOver(
  cli: CliContext,
  resumption: Resumption,
  state: RunState,
): Promise<Outcome | undefined> {
  const { clock, random } = cli;
  const { store, run, settings, staging, watch, trustLake } = resumption;
  await checkPlanTrust(cli, resumption, state);
  if (!resumption.takeOver) checkEndpointHere(cli, store, state);
  await checkResume(cli, settings, state);
  if (state.plan.cluster.kind === 'local' && needsEmr(state)) await prepareSpark(cli, settings, state.plan);
  const driver = random.hex(8);
  const journal = await openJournal({ objects: store, clock, random, driver, note: noteTo(cli) }, run);
  if (journal.state().length !== state.length) return undefined;
  await journal.append({ entry: 'taken-over', from: state.driver });
  cli.printer.emit({ event: 'note', message: `continuing run ${run}` });
  return driveToVerdict(cli, { settings, store, journal, staging, watch, trustLake });
}

/** True for a process on this boot of this host that no longer runs; false when in doubt. */
export function isDead(who: Owner, { process: here }: CliContext): boolean {
  if (who.host !== here.host || who.boot !== here.boot || here.boot === 'unknown') return false;
  try {
    process.kill(who.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function sayOwner({ printer }: CliContext, run: string, who: Owner, silentMs: number): void {
  const seconds = String(Math.round(silentMs / 1000));
  printer.emit({
    event: 'note',
    message: `run ${run} is driven by pid ${String(who.pid)} on ${who.host}, last heard of ${seconds} s ago: following; takes over after ${String(SILENT_MS / 1000)} s without a sign of the other driver, or at once with --take-over`,
  });
}

/**
 * The error when `--timeout` passes while another driver has the run. With `--cancel-on-timeout` it requests
 * cancellation.
 */
async function watchedLongEnough(
  { clock, random }: CliContext,
  { run, store, watch }: Resumption,
  { publishing }: RunState,
): Promise<LandfallError> {
  const stand = [];
  if (watch.cancelOnTimeout && publishing)
    stand.push('its tables are being published: too late to cancel it');
  else if (watch.cancelOnTimeout) {
    const journal = await openJournal({ objects: store, clock, random, driver: random.hex(8) }, run);
    await journal.append({ entry: 'cancel-requested', by: '--cancel-on-timeout' });
    stand.push('cancellation requested, not yet confirmed by its driver');
  } else stand.push('the run continues under its driver');
  return new LandfallError('timeout', `run ${run} is not finished`, { stand });
}

/** The outcome of a finished run. Throws it when the run failed. */
function verdictOf({ clock }: CliContext, state: RunState): Outcome {
  const { finished, plan } = state;
  if (finished === undefined || finished.verdict === 'succeeded')
    return { kind: 'over', status: statusOf(state) };
  const { fault = 'step', message = `run ${plan.run} ${finished.verdict}`, why = [] } = finished;
  throw completed(new LandfallError(fault, message, { why }), state, clock.now());
}
