/** A step's own logs: as they are now, or as they grow. */
import type { Show } from '../emr/log-tail.ts';
import { LandfallError } from '../faults.ts';
import { readEntries } from '../run/read-journal.ts';
import { endOfAttempt } from '../run/log-choice.ts';
import type { StepEnd } from '../run/log-choice.ts';
import { ownership } from '../run/ownership.ts';
import { follow } from '../run/fold.ts';
import { commandAt } from '../shell-words.ts';
import { commandOf, copying, paceOf, showAll, tailsOf, tellRest } from './log-viewing.ts';
import type { Viewing } from './log-viewing.ts';
import { isDead } from './resume.ts';
import { sayNext } from '../cli/context.ts';

/** What is there now; and that there is more, where the step's YARN application left logs of its containers. */
export async function showStep(viewing: Viewing): Promise<void> {
  const { cli, attempt, store, writer, state } = viewing;
  const { applicationIn, containerLogs } = await import('../emr/step-logs.ts');
  const tails = await tailsOf(viewing, viewing.streams);
  let application: string | undefined;
  const show: Show = (log, lines) => {
    application = applicationIn(lines) ?? application;
    return writer.lines(log, lines);
  };
  if (!(await showAll(viewing, tails, show))) return;
  const found = application === undefined ? [] : await containerLogs(store, attempt.clusterId, application);
  if (found.length > 0) {
    cli.printer.say(`${application ?? ''} left the logs of ${String(found.length)} container(s)`);
    sayNext(cli, commandOf(viewing, '--containers'));
  }
  await tellRest(viewing, tails, endOfAttempt(state, attempt));
}

/** What comes, until the step has ended and its last logs are there. Throws `timeout` after that many seconds. */
export async function followStep(viewing: Viewing, timeout: number | undefined): Promise<void> {
  const { cli, store, writer, attempt } = viewing;
  const { clock, interrupted, printer } = cli;
  const { followLogs } = await import('../emr/follow-logs.ts');
  const tails = await tailsOf(viewing, viewing.streams);
  const [controller] = await tailsOf(viewing, ['controller']);
  const over = new AbortController();
  if (timeout !== undefined) {
    const expired = watchedLongEnough(viewing, timeout);
    void clock.sleep(timeout * 1000, over.signal).then(() => over.abort(expired));
  }
  const look = endWatch(viewing);
  if ((await look()) === undefined) printer.say(`following: ${copying(viewing)}`);
  const end = await followLogs({
    store,
    tails,
    witnesses: controller === undefined ? [] : [controller.key],
    show: writer.lines,
    ended: async () => (await look())?.at,
    clock,
    ...paceOf(viewing),
    policy: {
      clock,
      random: cli.random,
      signal: AbortSignal.any([interrupted, over.signal]),
      note: (message) => printer.say(message),
    },
  }).finally(() => over.abort());
  if (end === 'unread') return;
  const ended = await look();
  printer.say(`step ${attempt.step} ended ${ended?.state ?? ''}`.trimEnd());
  await tellRest(viewing, tails, ended);
}

const OWNER_LOOK_MS = 30_000;

/** Reads on in the journal: whether the step has ended by now. Says, once, when nobody is left to write it there. */
function endWatch({ cli, lake, state, attempt }: Viewing): () => Promise<StepEnd | undefined> {
  const { clock, printer } = cli;
  const { run } = state.plan;
  let current = state;
  let looked = Number.NEGATIVE_INFINITY;
  return async () => {
    for (const entry of await readEntries(lake, run, current.length)) current = follow(lake, current, entry);
    const ended = endOfAttempt(current, attempt);
    if (ended !== undefined || clock.monotonic() - looked < OWNER_LOOK_MS) return ended;
    looked = clock.monotonic();
    const { owner } = await ownership(lake, current, (who) => isDead(who, cli));
    if (owner !== 'fresh' && owner !== 'beginning') {
      looked = Number.POSITIVE_INFINITY;
      printer.say(`nobody drives run ${run}: its journal will not tell when the step ends`);
      sayNext(cli, commandAt(lake.uri, 'attach', run));
    }
    return undefined;
  };
}

function watchedLongEnough(viewing: Viewing, timeout: number): LandfallError {
  const message = `step ${viewing.attempt.step} has not ended after ${String(timeout)} s, or its last logs are not there`;
  return new LandfallError('timeout', message, {
    stand: ['the run goes on'],
    next: commandOf(viewing, '--follow'),
  });
}
