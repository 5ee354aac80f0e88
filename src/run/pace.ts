/** How long to wait before the next look: short after a change, longer the longer nothing has changed. Pure. */

/** What EMR's quota on ListSteps gives back: a token in two seconds. Our own endpoint has no quota. */
const SHORTEST_MS = { aws: 2_000, local: 500 };
const LONGEST_MS = 30_000;

/**
 * Milliseconds until the next tick, given those since the last change. A tenth of that time, so a step of a minute is seen
 * to end within 6 s, while an hour-long one costs 2 requests a minute. `fraction` in [0, 1) spreads drivers apart.
 */
export function pace(sinceChangeMs: number, fraction: number, where: 'aws' | 'local'): number {
  const base = Math.min(LONGEST_MS, Math.max(SHORTEST_MS[where], sinceChangeMs / 10));
  return base * (0.8 + 0.4 * fraction);
}
