/** The logs of the YARN containers that a step's application ran in. */
import type { ContainerLogs } from '../emr/step-logs.ts';
import { LandfallError } from '../faults.ts';
import type { LogPiece } from '../run/log-piece.ts';
import { place } from '../shell-words.ts';
import { uriOf } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { about, commandOf, copying, linesOf, shownLog, tailsOf } from './log-viewing.ts';
import type { Viewing } from './log-viewing.ts';

/**
 * One container's logs, `wanted` or the first one's; names the others. Throws `input` when there is no such container, or
 * when the step had no YARN application.
 */
export async function* containerLogsOf(
  viewing: Viewing,
  wanted: string | undefined,
): AsyncGenerator<LogPiece> {
  const { attempt, store, streams } = viewing;
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
    yield { kind: 'note', message: `${whose}: not uploaded yet; ${copying(viewing)}` };
    yield { kind: 'next', command: commandOf(viewing, '--containers') };
    yield { kind: 'end', about: { ...described, logs: [] } };
    return;
  }
  const tails = streams.flatMap((log) => {
    const key = chosen.keys.get(log);
    return key === undefined ? [] : [logTail(log, key)];
  });
  yield { kind: 'note', message: `${chosen.container}  ${place(folderOf(store, chosen))}` };
  yield* linesOf(viewing, tails);
  const others = found.filter((one) => one !== chosen);
  if (others[0] !== undefined) {
    yield { kind: 'note', message: `other containers: ${named(others)}` };
    yield { kind: 'next', command: commandOf(viewing, '--container', others[0].container) };
  }
  const logs = tails.map((tail) => shownLog(store, tail));
  yield { kind: 'end', about: { ...described, container: chosen.container, logs } };
}

/** The YARN application that the step's logs name; undefined until they are uploaded. */
async function applicationOf(viewing: Viewing): Promise<string | undefined> {
  const { applicationIn } = await import('../emr/step-logs.ts');
  const tails = await tailsOf(viewing, ['stdout', 'stderr']);
  let application: string | undefined;
  for await (const piece of linesOf(viewing, tails))
    if (piece.kind === 'lines') application = applicationIn(piece.lines) ?? application;
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
  throw new LandfallError('input', `no logs of a container ${JSON.stringify(wanted)}`, {
    why: [`the containers with logs are ${named(found)}`],
    next: commandOf(viewing, '--containers'),
  });
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
