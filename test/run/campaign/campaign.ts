/** Many plays, one after another. */
import { play } from './player.ts';
import { scheduleOf } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { shrink } from './shrink.ts';

export interface Failure {
  seed: number;
  complaints: string[];
  shortest: Schedule;
  /** The invariants that the shortest schedule breaks. */
  breaks: string[];
}

/** Plays the schedules of `runs` seeds from `seed` on; returns the first that breaks something, shrunk. */
export async function campaign(
  runs: number,
  seed: number,
  progress: (played: number) => void = () => undefined,
): Promise<Failure | undefined> {
  for (let played = 0; played < runs; played += 1) {
    const schedule = scheduleOf(seed + played);
    const complaints = await play(schedule);
    if (complaints.length > 0) {
      const shortest = await shrink(schedule);
      return { seed: seed + played, complaints, shortest, breaks: await play(shortest) };
    }
    progress(played + 1);
  }
  return undefined;
}
