/** Run events as lines for people. Pure: state in, line out. */
import type { RunEvent } from '../run/events.ts';
import { clusterPhase, stepPhase } from '../run/states.ts';
import { place } from '../shell-words.ts';
import type { Paint } from './failure.ts';
import { count, counted } from '../counted.ts';
import { bytes, duration } from './quantities.ts';
import { skippedText } from './skipped.ts';

export interface Line {
  text: string;
  /** Repeats an earlier line with a new time: rewritten on a terminal, printed once a minute elsewhere. */
  transient: boolean;
  /** A time that runs on until the next line, on a terminal; `goes on` leaves the one before it running. */
  clock?: { text: string; elapsedMs: number } | 'goes on';
}

/** The last line of each cluster and step, so that only changes make lines. */
export type Said = Readonly<Record<string, string>>;

/** The line for this event, if it deserves one, and the last lines after it. */
export function narrate(said: Said, event: RunEvent, paint: Paint): { line?: Line; said: Said } {
  switch (event.event) {
    case 'planned':
      return { said, line: steady(planned(event.plan, paint)) };
    case 'progress':
      return {
        said,
        line: { text: progress(event), transient: event.done !== undefined && event.done !== event.total },
      };
    case 'cluster': {
      const reason = event.reason === undefined ? '' : `  ${event.reason}`;
      const text = `cluster ${event.id}  ${event.state}${reason}`;
      const state = `${event.state}${reason}`;
      const runs = !['ended', 'failed'].includes(clusterPhase(event.state));
      return changed(said, event.id, { state, text, elapsedMs: event.elapsedMs, runs });
    }
    case 'step': {
      const again = event.attempt === 1 ? '' : ` (attempt ${String(event.attempt)})`;
      const text = `step ${event.step}${again}  ${event.id}  ${paintState(event.state, paint)}`;
      const { state, elapsedMs } = event;
      const runs = !['completed', 'failed', 'cancelled'].includes(stepPhase(state));
      return changed(said, `${event.id} ${event.step}`, { state, text, elapsedMs, runs });
    }
    case 'note':
      return { said, line: { ...steady(paint('dim', event.message)), clock: 'goes on' } };
    case 'warning':
      return {
        said,
        line: { ...steady(`${paint('yellow', 'warning')}  ${event.message}`), clock: 'goes on' },
      };
    case 'published':
      return { said, line: steady(`published as number ${String(event.number)}`) };
    case 'phase-started':
      return event.phase === 'verify' || event.phase === 'mirror'
        ? {
            said,
            line: steady(event.phase === 'verify' ? 'verifying what landed' : 'copying to the plain paths'),
          }
        : { said };
    case 'phase-ended':
    case 'verified':
    case 'finished':
      return { said };
  }
}

const steady = (text: string): Line => ({ text, transient: false });

function changed(
  said: Said,
  id: string,
  { state, text, elapsedMs, runs }: { state: string; text: string; elapsedMs: number; runs: boolean },
): { line: Line; said: Said } {
  const whole = `${text}  ${duration(elapsedMs)}`;
  const line: Line = { text: whole, transient: said[id] === state };
  return { said: { ...said, [id]: state }, line: runs ? { ...line, clock: { text, elapsedMs } } : line };
}

function paintState(state: string, paint: Paint): string {
  if (state === 'COMPLETED') return paint('green', state);
  return state === 'FAILED' || state === 'INTERRUPTED' || state === 'CANCELLED' ? paint('red', state) : state;
}

function planned(
  { run, sources, lake, cluster, release }: Extract<RunEvent, { event: 'planned' }>['plan'],
  paint: Paint,
): string {
  const inputs = sources.map(({ name, objects, bytes: size, skippedBy, uri }) => {
    const passed = skippedBy === undefined ? '' : `, ${skippedText(skippedBy)}`;
    return `  ${name}  ${counted(objects, 'object')}, ${bytes(size)}${passed}  ${place(uri)}`;
  });
  const where = cluster.kind === 'id' ? cluster.id : cluster.kind;
  return [
    `${paint('green', 'run')} ${run}  ${release} on cluster ${where}`,
    ...inputs,
    `  lake  ${place(lake)}`,
  ].join('\n');
}

function progress({ message, done, total }: Extract<RunEvent, { event: 'progress' }>): string {
  if (done === undefined) return message;
  return total === undefined ? `${message} ${count(done)}` : `${message} ${count(done)} of ${count(total)}`;
}
