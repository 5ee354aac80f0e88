/** The logs of the YARN containers that a step's application ran in. */
import type { ContainerLogs } from '../emr/step-logs.ts';
import { LandfallError } from '../faults.ts';
import { place } from '../shell-words.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { about, commandOf, copying, showAll, shownLog, tailsOf } from './log-viewing.ts';
import type { Viewing } from './log-viewing.ts';
import { sayNext } from '../cli/context.ts';

/**
 * Shows one container's logs, `wanted` or the first one's, and names the others. Throws `input` when there is no such
 * container, or when the step had no YARN application.
 */
export async function showContainer(viewing: Viewing, wanted: string | undefined): Promise<void> {
  const { attempt, store, streams, cli, writer } = viewing;
  const [{ containerLogs }, { logTail }] = await Promise.all([
    import('../emr/step-logs.ts'),
    import('../emr/log-tail.ts'),
  ]);
  const application = await applicationOf(viewing);
  const found = application === undefined ? [] : await containerLogs(store, attempt.clusterId, application);
  const chosen = choose(viewing, found, wanted);
  const containers = found.map((one) => ({ container: one.container, uri: folderOf(store, one) }));
  const described = { ...about(viewing), application, containers };
  if (chosen === undefined) {
    const whose = application === undefined ? 'the step’s logs' : `logs of ${application}`;
    cli.printer.say(`${whose}: not uploaded yet; ${copying(viewing)}`);
    sayNext(cli, commandOf(viewing, '--containers'));
    await writer.close({ ...described, logs: [] });
    return;
  }
  const tails = streams.flatMap((log) => {
    const key = chosen.keys.get(log);
    return key === undefined ? [] : [logTail(log, key)];
  });
  cli.printer.say(`${chosen.container}  ${place(folderOf(store, chosen))}`);
  if (!(await showAll(viewing, tails, writer.lines))) return;
  tellOthers(
    viewing,
    found.filter((one) => one !== chosen),
  );
  const logs = tails.map((tail) => shownLog(store, tail));
  await writer.close({ ...described, container: chosen.container, logs });
}

/** The YARN application that the step's logs name; undefined while they are not there. */
async function applicationOf(viewing: Viewing): Promise<string | undefined> {
  const { applicationIn } = await import('../emr/step-logs.ts');
  const tails = await tailsOf(viewing, ['stdout', 'stderr']);
  let application: string | undefined;
  await showAll(viewing, tails, (_, lines) => {
    application = applicationIn(lines) ?? application;
    return Promise.resolve(true);
  });
  if (application !== undefined || tails.every(({ uploaded }) => uploaded === undefined)) return application;
  throw new LandfallError('input', `the logs of step ${viewing.attempt.step} name no YARN application`, {
    why: ['Spark in local mode has no containers: its driver writes to the logs of the step'],
    next: commandOf(viewing),
  });
}

function choose(
  viewing: Viewing,
  found: readonly ContainerLogs[],
  wanted: string | undefined,
): ContainerLogs | undefined {
  if (wanted === undefined || found.length === 0) return found[0];
  const chosen = found.find(({ container }) => container === wanted);
  if (chosen !== undefined) return chosen;
  throw new LandfallError('input', `there are no logs of a container ${JSON.stringify(wanted)}`, {
    why: [`there are those of ${named(found)}`],
    next: commandOf(viewing, '--containers'),
  });
}

function tellOthers(viewing: Viewing, others: readonly ContainerLogs[]): void {
  const [first] = others;
  if (first === undefined) return;
  const { printer } = viewing.cli;
  printer.say(`other containers: ${named(others)}`);
  sayNext(viewing.cli, commandOf(viewing, '--container', first.container));
}

const NAMED = 20;

function named(containers: readonly ContainerLogs[]): string {
  const names = containers.slice(0, NAMED).map(({ container }) => container);
  const more = containers.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

function folderOf(store: Store, { keys }: ContainerLogs): string {
  const [key = ''] = keys.values();
  return uriOf(store, key.slice(0, key.lastIndexOf('/')));
}
