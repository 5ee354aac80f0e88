/** Who drives a run now. A lease for people and for politeness; correctness rests on the journal alone. */
import { z } from 'zod';
import { LandfallError } from '../faults.ts';
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
});

/** A driver, and the process it is: on the same boot of the same host, one can see whether it still lives. */
export type Owner = z.infer<typeof ownerShape>;

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
  const who = body === undefined ? undefined : parseOwner(body);
  if (who === undefined || info === undefined) return { owner: 'none' };
  if (isDead(who)) return { owner: 'dead', who };
  const silentMs = now.getTime() - info.lastModified.getTime();
  return { owner: silentMs < SILENT_MS ? 'fresh' : 'silent', who, silentMs };
}

function parseOwner(body: Uint8Array): Owner | undefined {
  try {
    return ownerShape.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined;
  }
}

/** Claims the run and goes on renewing the claim until the returned function is called, which gives it up. */
export async function hold(
  objects: Objects,
  clock: Clock,
  run: string,
  who: Owner,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const renew = () => objects.put(keys.owner(run), new TextEncoder().encode(`${JSON.stringify(who)}\n`));
  await renew();
  const renewing = (async () => {
    for (;;) {
      await clock.sleep(RENEW_MS, stop.signal);
      if (stop.signal.aborted) return;
      await renew().catch(() => undefined);
    }
  })();
  return async () => {
    stop.abort();
    await renewing;
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
