/** The last phases of a run, from accepted executions to current tables. They need the lake, and nothing of EMR. */
import { counted } from '../counted.ts';
import { LandfallError } from '../faults.ts';
import { keys } from '../lake/layout.ts';
import { bestEffort, checkpoint } from './driven-run.ts';
import type { Landing } from './driven-run.ts';
import type { TableSummary } from './entries.ts';
import type { Phase } from './events.ts';
import type { RunPlan } from './plan.ts';
import { executionsOf } from './executions.ts';
import { currentAttempt } from './state.ts';
import { explained } from './verification.ts';
import type { Accepted, Verification } from './verification.ts';

/** Verifies the accepted executions and makes them the current tables. Throws `tables` or `overtaken` as its verdict. */
async function verifyAndPublish(run: Landing): Promise<void> {
  const verifying = startPhase(run, 'verify');
  const verification = await verify(run);
  endPhase(run, 'verify', verifying);
  const publishing = startPhase(run, 'publish');
  await publish(run, verification);
  endPhase(run, 'publish', publishing);
}

/**
 * Finishes a run whose steps are all accepted, from wherever its last driver left it. Throws the LandfallError that
 * is its verdict. The verdict is journalled, except `cancelled`: what the run started may still have to be ended.
 */
export async function land(run: Landing): Promise<void> {
  try {
    if (run.journal.state().published === undefined) await verifyAndPublish(run);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof LandfallError) || !isVerdict(error) || error.fault === 'cancelled') throw error;
    await finishFailed(run, error);
    throw error;
  }
  await mirrorAndFinish(run);
}

/**
 * Copies what is published to the plain paths, unless that was done, and journals the success. If published files
 * of the run are lost by then, it ends as failed, although its publication stands: without a verdict it could be
 * neither retried nor removed.
 */
export async function mirrorAndFinish(run: Landing): Promise<void> {
  try {
    if (!run.journal.state().mirrored) {
      const started = startPhase(run, 'mirror');
      await mirror(run);
      endPhase(run, 'mirror', started);
    }
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof LandfallError && isOwnLoss(error, run)) await finishFailed(run, error);
    throw error;
  }
  await finish(run);
}

/** The mirror copies the newest publication, so lost files may be another run's. */
function isOwnLoss({ fault, more }: LandfallError, { journal }: Landing): boolean {
  return fault === 'tables' && more['publication'] === journal.state().published;
}

/** Journals the failure as the run's verdict, and emits it. */
export async function finishFailed(run: Landing, error: LandfallError): Promise<void> {
  const { fault, message, why } = error;
  const verdict = fault === 'cancelled' ? 'cancelled' : 'failed';
  await bestEffort(run, 'the verdict could not be journalled', () =>
    run.journal.conclude({ entry: 'finished', verdict, fault, message, why }),
  );
  run.ports.emit({ event: 'finished', run: run.journal.run, verdict });
}

/** Faults that end the run, unlike those that only stop us from following it. */
export function isVerdict({ fault }: LandfallError): boolean {
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
    case 'full':
      return false;
  }
}

/** Emits the start of a phase, if there is one; returns the time. */
export function startPhase({ ports, signal }: Landing, phase: Phase | undefined): number {
  signal.throwIfAborted();
  if (phase !== undefined) ports.emit({ event: 'phase-started', phase });
  return ports.clock.monotonic();
}

export function endPhase({ ports }: Landing, phase: Phase | undefined, started: number): void {
  if (phase === undefined) return;
  ports.emit({ event: 'phase-ended', phase, ms: ports.clock.monotonic() - started });
}

/** Verifies the accepted executions. Throws `tables` when their findings forbid publishing them. */
export async function verify(run: Landing): Promise<Verification> {
  const { journal, ports } = run;
  const state = journal.state();
  const accepted = await acceptedAgain(run);
  const verification = await ports.lake.verify(state.plan, accepted);
  const { tables, findings } = verification;
  await journal.append({ entry: 'verified', tables: summaries(state.plan, verification), findings });
  ports.emit({ event: 'verified', tables, reports: accepted.map(({ report }) => report), findings });
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return verification;
  throw new LandfallError('tables', `${counted(errors.length, 'finding')} against the landed tables`, {
    why: errors.map(explained),
  });
}

/** Reads the accepted executions' reports again, so that the lake is verified as it is now. */
async function acceptedAgain({ journal, ports }: Landing): Promise<Accepted[]> {
  const state = journal.state();
  const found: Accepted[] = [];
  for (const { name } of state.plan.steps) {
    const attempt = currentAttempt(state, name);
    if (attempt?.execution === undefined) throw new Error(`step ${name} has no accepted execution`);
    const accepted = await ports.lake.readExecution(attempt.execution, attempt.token);
    if (accepted === undefined) {
      throw new LandfallError('tables', `the accepted output of step ${name} is gone from the lake`, {
        why: [`${state.plan.lake}/${keys.report(attempt.execution)}`],
      });
    }
    found.push(accepted);
  }
  return found;
}

/** A summary of each table that landed, without its files. */
function summaries(plan: RunPlan, { tables }: Pick<Verification, 'tables'>): TableSummary[] {
  return tables.map(({ table, rows, bytes, files }) => ({
    table,
    rows,
    bytes,
    files: files.length,
    path: `${plan.lake}/${keys.plainTable(table)}`,
  }));
}

/** Makes the verified tables current. Throws `overtaken` when another run has their number. */
export async function publish(run: Landing, verification: Verification): Promise<void> {
  const { journal, ports } = run;
  const { plan } = journal.state();
  await checkpoint(run);
  await journal.append({ entry: 'publish-intent', publication: plan.publication });
  const won = await ports.lake.publish(plan, verification, executionsOf(journal.state()));
  if (!won) {
    throw new LandfallError(
      'overtaken',
      `another run published number ${String(plan.publication)} since this one was planned`,
      {
        stand: ['its tables are verified and stay in the lake; the published tables are the other run’s'],
      },
    );
  }
  await journal.append({ entry: 'published', publication: plan.publication });
  ports.emit({ event: 'published', number: plan.publication });
}

async function mirror(run: Landing): Promise<void> {
  await run.ports.lake.mirror();
  await run.journal.append({ entry: 'mirrored', publication: run.journal.state().plan.publication });
}

async function finish(run: Landing): Promise<void> {
  const { journal, ports } = run;
  if (journal.state().finished?.verdict === 'succeeded') return;
  await journal.append({ entry: 'finished', verdict: 'succeeded' });
  ports.emit({ event: 'finished', run: journal.run, verdict: 'succeeded' });
}
