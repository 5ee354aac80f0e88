/** Notes about a step's logs, printed besides their lines. Pure. */
import type { LogNote } from '../run/log-piece.ts';
import { place } from '../shell-words.ts';
import type { AdvisedCommand } from '../shell-words.ts';
import { duration } from './quantities.ts';

export interface ShownLog {
  log: string;
  uri: string;
  /** Absent while it is not there. */
  uploaded?: Date;
  /** How much of it was shown, unpacked. */
  bytes: number;
}

export interface LogFacts {
  logs: readonly ShownLog[];
  /** The step's end, as far as it is known. */
  ended?: { state?: string; at: Date };
  /** Whether one of the step's logs comes from after that. */
  lastAreThere: boolean;
  now: Date;
  /** Who copies logs, and how often: `EMR copies them every five minutes`. */
  copying: string;
  /** From a step's end until its last logs should be there, in milliseconds. */
  patienceMs: number;
  /** The command that shows them as they come. */
  follow: AdvisedCommand;
}

/** What is missing, and the command that waits for it; empty when nothing is. */
export function logNotes(facts: LogFacts): LogNote[] {
  const { logs, ended, now, follow } = facts;
  const since = ended === undefined ? 0 : Math.max(0, now.getTime() - ended.at.getTime());
  const hopeless = since >= facts.patienceMs && ended !== undefined;
  const absent = logs.filter(({ uploaded }) => uploaded === undefined);
  const empty = logs.filter(({ uploaded, bytes }) => uploaded !== undefined && bytes === 0);
  const said = empty.map(({ log }) => `${log} is empty`);
  if (absent.length > 0) said.push(absence(absent, { ...facts, since, hopeless }));
  if (absent.length < logs.length) said.push(...incompleteness(facts, hopeless));
  const waits = !hopeless && (absent.length > 0 || ended === undefined || !facts.lastAreThere);
  const notes = said.map((message): LogNote => ({ kind: 'note', message }));
  return waits ? [...notes, { kind: 'next', command: follow }] : notes;
}

function absence(
  absent: readonly ShownLog[],
  { copying, since, hopeless }: LogFacts & { since: number; hopeless: boolean },
): string {
  const names = absent.map(({ log }) => log).join(' and ');
  if (!hopeless) return `${names}: not uploaded yet; ${copying}`;
  const folder = absent[0]?.uri.replace(/\/[^/]*$/, '') ?? '';
  return `${names}: not there, though the step ended ${duration(since)} ago; can the cluster write to ${place(folder)}?`;
}

function incompleteness({ ended, lastAreThere, logs, copying }: LogFacts, hopeless: boolean): string[] {
  if (ended === undefined) {
    const times = logs.flatMap(({ uploaded }) => uploaded?.getTime() ?? []);
    return [`the step has not ended; this was uploaded by ${iso(new Date(Math.max(...times)))}; ${copying}`];
  }
  if (lastAreThere) return [];
  return [
    `the step ended at ${iso(ended.at)}, and these logs are from before that; ${hopeless ? 'its last logs never arrived' : copying}`,
  ];
}

const iso = (time: Date) => time.toISOString().replace(/\.\d+Z$/, 'Z');
