/** The shortest schedule that still breaks something. */
import { play } from './player.ts';
import type { Schedule, Trouble } from './schedule.ts';

/** Without every fault that can be removed, and with every time and count as small as possible. */
export async function shrink(
  schedule: Schedule,
  broken: (candidate: Schedule) => Promise<string[]> = play,
): Promise<Schedule> {
  for (const candidate of [...without(schedule), ...plainer(schedule)]) {
    if ((await broken(candidate)).length > 0) return shrink(candidate, broken);
  }
  return schedule;
}

function without(schedule: Schedule): Schedule[] {
  return schedule.troubles.map((_, at) => ({ ...schedule, troubles: schedule.troubles.toSpliced(at, 1) }));
}

/** The schedule with one smaller number, or one default choice. */
function plainer(schedule: Schedule): Schedule[] {
  const { stepMs, cancelMs, cluster, keepAlive, applications, sameHost, troubles } = schedule;
  return [
    ...(cluster === 'new' ? [] : [{ ...schedule, cluster: 'new' as const }]),
    ...(keepAlive ? [{ ...schedule, keepAlive: false }] : []),
    ...(applications === 'joined' ? [{ ...schedule, applications: 'per_step' as const }] : []),
    ...(sameHost ? [{ ...schedule, sameHost: false }] : []),
    ...smaller(stepMs, 1_000).map((less) => ({ ...schedule, stepMs: less })),
    ...smaller(cancelMs, 0).map((less) => ({ ...schedule, cancelMs: less })),
    ...troubles.flatMap((trouble, at) =>
      simplerTroubles(trouble).map((one) => ({ ...schedule, troubles: troubles.with(at, one) })),
    ),
  ];
}

function simplerTroubles(trouble: Trouble): Trouble[] {
  const numbers = Object.entries(trouble).filter(
    (field): field is [string, number] => typeof field[1] === 'number',
  );
  const shorter = numbers.flatMap(([name, value]) =>
    smaller(value, name === 'n' || name === 'process' ? 1 : 0).map((less) => ({ ...trouble, [name]: less })),
  );
  return trouble.trouble === 'come' && trouble.takeOver
    ? [{ ...trouble, takeOver: false }, ...shorter]
    : shorter;
}

/** The smallest number first, then numbers closer and closer to the original. */
function smaller(value: number, least: number): number[] {
  const gaps = [1, 2, 4, 8, 16].map((part) => Math.floor((value - least) / part));
  return [...new Set(gaps)].filter((gap) => gap > 0).map((gap) => value - gap);
}
