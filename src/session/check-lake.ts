/**
 * Checks the lake against its contracts, reports and publication, without Spark. Throws `tables` with the findings.
 */
import { counted } from '../counted.ts';
import { LandfallError } from '../faults.ts';
import type { Audited } from '../lake/audit.ts';
import { command, completed } from '../report/standing.ts';
import type { Verified } from '../report/verified.ts';
import { readState } from '../run/read-journal.ts';
import { retry } from '../run/with-retry.ts';
import { checkRunId } from '../run/run-id.ts';
import { currentAttempt } from '../run/state.ts';
import type { RunState } from '../run/state.ts';
import { explained } from '../run/verification.ts';
import { advise, afterLoss, commandAt } from '../shell-words.ts';
import type { Advice } from '../shell-words.ts';
import type { Store } from '../store/store.ts';
import { openLake } from './compose.ts';
import { configureLake } from './configure.ts';
import { retryPolicyOf } from '../cli/context.ts';
import type { CliContext } from '../cli/context.ts';
import type { VerifyFlags } from '../cli/lake-verbs.ts';

export async function checkLake(flags: VerifyFlags, cli: CliContext): Promise<Verified> {
  const named = flags.run;
  const store = await openLake(configureLake(flags, cli), cli);
  const { what, subject, verification, next } = await retry(retryPolicyOf(cli), () =>
    named === undefined ? newest(store) : ofRun(store, checkRunId(named), cli),
  );
  const { checks, findings, tables } = verification;
  const { sizes } = await import('../lake/audit.ts');
  const value = { ...subject, tables: sizes(tables), checks, findings };
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return value;
  throw new LandfallError('tables', `${counted(errors.length, 'finding')} against ${what}`, {
    run: subject.run,
    why: errors.map(explained),
    next,
    more: value,
  });
}

interface Judged {
  what: string;
  subject: { run: string; publication?: number };
  verification: Audited;
  /** What to do when there are findings. */
  next: Advice;
}

async function newest(store: Store): Promise<Judged> {
  const [{ newestPublication }, { nothingPublished }, { auditPublication }] = await Promise.all([
    import('../lake/publication.ts'),
    import('../lake/go-back.ts'),
    import('../lake/audit.ts'),
  ]);
  const entry = await newestPublication(store);
  if (entry === undefined) throw nothingPublished(store);
  const { run: name, number } = entry;
  const verification = await auditPublication(store, entry);
  return {
    what: `publication ${String(number)}, of run ${name}`,
    subject: { run: name, publication: number },
    verification,
    next: verification.isCopyAlone
      ? advise`move away any files there that are not Landfall’s; ${commandAt(store.uri, 'publish', name)} copies the tables again`
      : advise`find out what changed it; ${afterLoss(store.uri)}`,
  };
}

async function ofRun(store: Store, name: string, { clock }: CliContext): Promise<Judged> {
  const { auditRun } = await import('../lake/audit.ts');
  const state = await readState(store, name);
  const verification = await auditRun(store, state);
  if (!verification.findings.some(({ severity }) => severity === 'error')) throwIfUndone(state, clock.now());
  return {
    what: `run ${name}`,
    subject: { run: name },
    verification,
    next: advise`find out what changed it; ${commandAt(store.uri, 'verify')} shows whether the current tables are intact`,
  };
}

/** Throws `input` for a run with a step that has no accepted execution: its tables are not complete. */
function throwIfUndone(state: RunState, now: Date): void {
  const { plan, finished } = state;
  const undone = plan.steps.filter(({ name }) => currentAttempt(state, name)?.execution === undefined);
  if (undone.length === 0) return;
  const names = undone.map(({ name }) => name).join(', ');
  const { message, why = [] } = finished ?? {};
  throw completed(
    new LandfallError(
      'input',
      `run ${plan.run} cannot be verified yet: ${names} ${undone.length === 1 ? 'is' : 'are'} not done`,
      {
        why: message === undefined ? why : [message, ...why],
        next: command(finished === undefined ? 'attach' : 'retry', plan),
      },
    ),
    state,
    now,
  );
}
