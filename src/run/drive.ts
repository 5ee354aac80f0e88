/** A run from its plan to its verdict. Every phase looks into the journal first, so it can be entered from any point. */
import { LandfallError } from '../faults.ts';
import { endSurplusClusters, ensureCluster, releaseCluster, unharmed } from './cluster.ts';
import { cancelledError, cancelRun } from './cancel.ts';
import { checkpoint, patience } from './context.ts';
import type { Run } from './context.ts';
import type { TableSummary } from './entries.ts';
import type { Phase } from './events.ts';
import { retryingLosses } from './losses.ts';
import { keys } from './plan.ts';
import type { RunPlan } from './plan.ts';
import { patiently } from './reading.ts';
import { currentAttempt, isToBeCancelled } from './state.ts';
import { followSubmitted, isUnderWay, runSteps } from './steps.ts';
import { adoptSubmitted } from './submit.ts';
import { cancelLateCopies } from './surplus-steps.ts';
import type { Accepted, Verification } from './verification.ts';

/** What a run uploads before its first step. */
export interface Staging {
  /** `inputs.json.gz`. */
  manifest: Uint8Array;
  /** By step: its rendered program. */
  programs: Readonly<Record<string, string>>;
}

/**
 * Drives the run to success, or throws the LandfallError that is its verdict, which stands in the journal by then
 * (but for `owned`, `timeout`, `unreachable` and `access`, after which the work may go on). `staging` is asked for only
 * while the run is not staged yet; it throws when what it can offer is not what the plan says.
 */
export async function drive(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal } = run;
  if (journal.state().published === undefined) {
    await settle(run, async () => {
      await phase(run, 'stage', () => stage(run, staging));
      await retryingLosses(run, () => executeSteps(run));
      const verification = await phase(run, 'verify', () => verify(run));
      await phase(run, 'publish', () => publish(run, verification));
    });
  }
  await releaseClusters(run);
  if (!journal.state().mirrored) await phase(run, 'mirror', () => mirror(run));
  await finish(run);
}

/** Does the work; when it fails for good, ends our cluster and journals the verdict before throwing on. */
export async function settle<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof LandfallError) || !isVerdict(error)) throw error;
    if (isToBeCancelled(run.journal.state())) {
      throw cancelledError(
        run.journal.run,
        await cancelRun(run, { by: 'request', confirmMs: 120_000, settle: true }),
      );
    }
    await releaseClusters(run);
    const verdict = error.fault === 'cancelled' ? 'cancelled' : 'failed';
    const { fault, message, why } = error;
    await unharmed(run, 'the verdict could not be journalled', () =>
      run.journal.conclude({ entry: 'finished', verdict, fault, message, why }),
    );
    run.ports.emit({ event: 'finished', run: run.journal.run, verdict });
    throw error;
  }
}

async function releaseClusters(run: Run): Promise<void> {
  await unharmed(run, 'second copies of steps could not be looked for', () => cancelLateCopies(run));
  await unharmed(run, 'a second cluster could not be looked for', () => endSurplusClusters(run));
  await releaseCluster(run);
}

/** Faults after which the run is over, as opposed to those that only end our watching. */
function isVerdict({ fault }: LandfallError): boolean {
  switch (fault) {
    case 'cluster':
    case 'step':
    case 'tables':
    case 'cancelled':
    case 'overtaken':
    case 'input':
      return true;
    case 'internal':
    case 'timeout':
    case 'owned':
    case 'access':
    case 'unreachable':
      return false;
  }
}

export async function phase<T>({ ports, signal }: Run, name: Phase, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const started = ports.clock.monotonic();
  ports.emit({ event: 'phase-started', phase: name });
  const result = await work();
  ports.emit({ event: 'phase-ended', phase: name, ms: ports.clock.monotonic() - started });
  return result;
}

/** Writes the manifest and the programs. Writing them again is harmless: their content is fixed by the plan. */
export async function stage(run: Run, staging: () => Promise<Staging>): Promise<void> {
  const { journal, ports } = run;
  const put = (key: string, body: Uint8Array) => patiently(patience(run), () => ports.objects.put(key, body));
  const state = journal.state();
  if (state.staged) return;
  const { manifest, programs } = await staging();
  await put(keys.inputs(journal.run), manifest);
  for (const { name } of state.plan.steps) {
    const program = programs[name];
    const attempt = state.current[name] ?? 1;
    if (program === undefined || currentAttempt(state, name)?.execution !== undefined) continue;
    await put(keys.program(journal.run, name, attempt), new TextEncoder().encode(program));
  }
  await journal.append({ entry: 'staged' });
}

/** What is under way first: only a step that is still to be submitted needs a cluster that takes steps. */
async function executeSteps(run: Run): Promise<void> {
  const { journal } = run;
  await adoptSubmitted(run);
  const isOpen = () =>
    journal
      .state()
      .plan.steps.some(({ name }) => currentAttempt(journal.state(), name)?.execution === undefined);
  if (journal.state().plan.steps.some(({ name }) => isUnderWay(journal.state(), name))) {
    await phase(run, 'steps', () => followSubmitted(run));
  }
  if (!isOpen()) return;
  const clusterId = await phase(run, 'cluster', () => ensureCluster(run));
  await phase(run, 'steps', () => runSteps(run, clusterId));
}

async function verify(run: Run): Promise<Verification> {
  const { journal, ports } = run;
  const state = journal.state();
  const accepted = await patiently(patience(run), () => acceptedAgain(run));
  const verification = await patiently(patience(run), () => ports.lake.verify(state.plan, accepted));
  const { tables, findings } = verification;
  await journal.append({ entry: 'verified', tables: summaries(state.plan, verification), findings });
  ports.emit({ event: 'verified', tables, reports: accepted.map(({ report }) => report), findings });
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return verification;
  throw new LandfallError('tables', `${String(errors.length)} finding(s) against the landed tables`, {
    why: errors.map(({ subject, message, sample }) =>
      [`${subject}: ${message}`, ...(sample ?? [])].join('\n  '),
    ),
  });
}

/** Reads the accepted executions' reports once more: what is verified is what stands in the lake now. */
async function acceptedAgain({ journal, ports }: Run): Promise<Accepted[]> {
  const state = journal.state();
  const found: Accepted[] = [];
  for (const { name } of state.plan.steps) {
    const attempt = currentAttempt(state, name);
    if (attempt?.execution === undefined) throw new Error(`step ${name} has no accepted execution`);
    const accepted = await ports.lake.readExecution(attempt.execution, attempt.token);
    if (accepted === undefined) {
      throw new LandfallError('tables', `the accepted output of step ${name} is gone from the lake`, {
        why: [`${state.plan.lake}/${attempt.execution}/report.json`],
      });
    }
    found.push(accepted);
  }
  return found;
}

/** A line a table: what landed, without its files. */
export function summaries(plan: RunPlan, { tables }: Pick<Verification, 'tables'>): TableSummary[] {
  return tables.map(({ table, rows, bytes, files }) => ({
    table,
    rows,
    bytes,
    files: files.length,
    path: `${plan.lake}/${table}`,
  }));
}

async function publish(run: Run, verification: Verification): Promise<void> {
  const { journal, ports } = run;
  const { plan } = journal.state();
  await checkpoint(run);
  await journal.append({ entry: 'publish-intent', publication: plan.publication });
  const won = await patiently(patience(run), () => ports.lake.publish(plan, verification));
  if (!won) {
    throw new LandfallError(
      'overtaken',
      `another run published number ${String(plan.publication)} since this one was planned`,
      {
        stand: ['its tables are verified and stay under the run; the published tables are the other run’s'],
      },
    );
  }
  await journal.append({ entry: 'published', publication: plan.publication });
  ports.emit({ event: 'published', number: plan.publication });
}

async function mirror(run: Run): Promise<void> {
  await patiently(patience(run), () => run.ports.lake.mirror());
  await run.journal.append({ entry: 'mirrored', publication: run.journal.state().plan.publication });
}

async function finish(run: Run): Promise<void> {
  const { journal, ports } = run;
  if (journal.state().finished !== undefined) return;
  await journal.append({ entry: 'finished', verdict: 'succeeded' });
  ports.emit({ event: 'finished', run: journal.run, verdict: 'succeeded' });
}
