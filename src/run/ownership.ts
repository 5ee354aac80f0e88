/** Who drives a run now. A lease for people and for politeness; correctness rests on the journal alone. */
import { z } from 'zod';
import { LandfallError } from '../faults.ts';
import { readEntries } from './read-journal.ts';
import type { Journal } from './journal.ts';
import { keys, mostBytes } from '../lake/layout.ts';
import type { Clock, Objects } from './ports.ts';
import { follow } from './fold.ts';
import type { RunState } from './state.ts';

const RENEW_MS = 30_000;
/** After this much silence of the owner, another driver may take over. */
export const SILENT_MS = 120_000;

const ownerShape = z.object({
  driver: z.string(),
  host: z.string(),
  boot: z.string(),
  pid: z.number().int().positive(),
  /** It has released the run. */
  released: z.boolean().default(false),
});

/** A driver, and the process it is: on the same boot of the same host, one can see whether it still lives. */
export type Owner = Omit<z.infer<typeof ownerShape>, 'released'>;

/** How long a driver that has just started or taken over may take to write its first `owner.json`. */
const BEGINNING_MS = 30_000;

export type Ownership =
  | { owner: 'none' }
  /** The journal names a driver that has not written `owner.json` yet, and may be about to. */
  | { owner: 'beginning' }
  | { owner: 'fresh'; who: Owner; silentMs: number }
  | { owner: 'silent'; who: Owner; silentMs: number }
  /** Its process is known to be dead. */
  | { owner: 'dead'; who: Owner };

/**
 * Who drives the run, by `owner.json`; where that does not name the journal's driver, the age of the journal's
 * newest entry counts too. `isDead` is true when an owner's process certainly no longer runs; false when in doubt.
 */
export async function ownership(
  objects: Objects,
  { plan: { run }, driver, length }: RunState,
  isDead: (who: Owner) => boolean,
): Promise<Ownership> {
  const key = keys.owner(run);
  const [parsed, info, now] = [await readOwner(objects, key), await objects.head(key), await objects.now()];
  const age = (written: { lastModified: Date } | undefined) =>
    written === undefined ? Number.POSITIVE_INFINITY : now.getTime() - written.lastModified.getTime();
  const found = judge(parsed, age(info), isDead);
  if (found.owner === 'fresh' || parsed?.driver === driver) return found;
  return age(await objects.head(keys.entry(run, length))) < BEGINNING_MS ? { owner: 'beginning' } : found;
}

function judge(
  parsed: z.infer<typeof ownerShape> | undefined,
  silentMs: number,
  isDead: (who: Owner) => boolean,
): Ownership {
  if (parsed === undefined || parsed.released) return { owner: 'none' };
  const { released, ...who } = parsed;
  if (isDead(who)) return { owner: 'dead', who };
  return { owner: silentMs < SILENT_MS ? 'fresh' : 'silent', who, silentMs };
}

/** Undefined when it is missing, or no driver wrote it: then the journal decides. */
async function readOwner(objects: Objects, key: string): Promise<z.infer<typeof ownerShape> | undefined> {
  try {
    const body = await objects.get(key, mostBytes.owner);
    return body === undefined ? undefined : ownerShape.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch (error) {
    if (error instanceof LandfallError && error.fault !== 'input') throw error;
    return undefined;
  }
}

export interface Claim {
  /** Stops renewing the claim, and releases it. */
  release(): Promise<void>;
}

/**
 * Claims the run and keeps renewing the claim, even after a failed write, until the journal in the lake names
 * another driver.
 */
export async function claimRun(objects: Objects, clock: Clock, who: Owner, journal: Journal): Promise<Claim> {
  const stop = new AbortController();
  const key = keys.owner(journal.run);
  const write = (released: boolean) =>
    objects.put(key, new TextEncoder().encode(`${JSON.stringify({ ...who, released })}\n`));
  // A driver that was paused may not know yet that it was overtaken, so it reads the journal instead of relying on its memory.
  const isOurs = async () => {
    const state = journal.state();
    const unheard = await readEntries(objects, journal.run, state.length);
    return unheard.reduce((before, entry) => follow(objects, before, entry), state).driver === who.driver;
  };
  const ifOurs = async (released: boolean) => {
    if (await isOurs()) await write(released);
  };
  await write(false).catch(() => undefined);
  const renewing = (async () => {
    for (;;) {
      await clock.sleep(RENEW_MS, stop.signal);
      if (stop.signal.aborted) return;
      await ifOurs(false).catch(() => undefined);
    }
  })();
  return {
    release: async () => {
      stop.abort();
      await renewing;
      await ifOurs(true).catch(() => undefined);
    },
  };
}

/** The error for a run that another driver has. */
export function ownedBy(run: string, who: Owner, silentMs: number): LandfallError {
  const seconds = String(Math.round(silentMs / 1000));
  return new LandfallError(
    'owned',
    `run ${run} is driven by ${who.driver} (pid ${String(who.pid)} on ${who.host})`,
    {
      stand: [
        `last heard of ${seconds} s ago; another driver may take over after ${String(SILENT_MS / 1000)} s of silence`,
      ],
    },
  );
}
