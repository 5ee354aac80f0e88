/** Who drives a run now. A lease for people and for politeness; correctness rests on the journal alone. */
import { z } from 'zod';
import { LandfallError } from '../faults.ts';
import type { Journal } from './journal.ts';
import { keys } from './plan.ts';
import type { Clock, Objects } from './ports.ts';

const RENEW_MS = 30_000;
/** An owner silent for this long may be succeeded. */
export const SILENT_MS = 120_000;

const ownerShape = z.object({
  driver: z.string(),
  host: z.string(),
  boot: z.string(),
  pid: z.number().int(),
  /** It has let go of the run. */
  released: z.boolean().default(false),
});

/** A driver, and the process it is: on the same boot of the same host, one can see whether it still lives. */
export type Owner = Omit<z.infer<typeof ownerShape>, 'released'>;

export type Ownership =
  | { owner: 'none' }
  | { owner: 'fresh'; who: Owner; silentMs: number }
  | { owner: 'silent'; who: Owner; silentMs: number }
  /** Its process is known to be dead. */
  | { owner: 'dead'; who: Owner };

/** Looks at `owner.json`. `isDead` tells that an owner's process certainly no longer runs; false when in doubt. */
export async function ownership(
  objects: Objects,
  run: string,
  isDead: (who: Owner) => boolean,
): Promise<Ownership> {
  const key = keys.owner(run);
  const [body, info, now] = [await objects.get(key), await objects.head(key), await objects.now()];
  const parsed = body === undefined ? undefined : parseOwner(body);
  if (parsed === undefined || info === undefined || parsed.released) return { owner: 'none' };
  const { released, ...who } = parsed;
  if (isDead(who)) return { owner: 'dead', who };
  const silentMs = now.getTime() - info.lastModified.getTime();
  return { owner: silentMs < SILENT_MS ? 'fresh' : 'silent', who, silentMs };
}

function parseOwner(body: Uint8Array): z.infer<typeof ownerShape> | undefined {
  try {
    return ownerShape.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined;
  }
}

/**
 * Claims the run and goes on renewing the claim, as long as the journal knows of no other driver, until the returned
 * function is called, which gives it up.
 */
export async function hold(
  objects: Objects,
  clock: Clock,
  who: Owner,
  journal: Journal,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const key = keys.owner(journal.run);
  const write = (released: boolean) =>
    objects.put(key, new TextEncoder().encode(`${JSON.stringify({ ...who, released })}\n`));
  const isOurs = () => journal.state().driver === who.driver;
  await write(false);
  const renewing = (async () => {
    for (;;) {
      await clock.sleep(RENEW_MS, stop.signal);
      if (stop.signal.aborted || !isOurs()) return;
      await write(false).catch(() => undefined);
    }
  })();
  return async () => {
    stop.abort();
    await renewing;
    if (isOurs()) await write(true).catch(() => undefined);
  };
}

/** The error for a run that someone else drives. */
export function ownedBy(run: string, who: Owner, silentMs: number): LandfallError {
  const seconds = String(Math.round(silentMs / 1000));
  return new LandfallError(
    'owned',
    `run ${run} is driven by ${who.driver} (pid ${String(who.pid)} on ${who.host})`,
    {
      stand: [
        `it gave a sign of life ${seconds} s ago; after ${String(SILENT_MS / 1000)} s of silence it may be succeeded`,
      ],
      next: `landfall attach ${run}`,
    },
  );
}
