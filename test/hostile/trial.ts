/** One damaged lake and one verb: checks everything that must hold for any damage, and reports violations. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_CODES } from '../../src/faults.ts';
import type { LandfallError } from '../../src/faults.ts';
import { outcomeOf } from '../support/command-world.ts';
import { releaseFifos } from './props.ts';
import type { Scene } from './scene.ts';
import type { LakeVerb } from './verbs.ts';

const LONGEST_MS = Number(process.env['HOSTILE_LONGEST_MS'] ?? 20_000);
const MOST_KB = 250_000;

export interface Trial {
  failure: LandfallError | undefined;
  value: unknown;
  /** All output. */
  text: string;
  complaints: string[];
}

/** Calls the verb on the run, and reports what it did that no verb may do. */
export async function tryVerb(scene: Scene, run: string, verb: LakeVerb): Promise<Trial> {
  const world = scene.world();
  const stop = new AbortController();
  const before = process.resourceUsage().maxRSS;
  const trying = outcomeOf(
    verb.call,
    { ...scene.flags(run), ...verb.flags },
    { ...world, interrupted: stop.signal },
  );
  const ended = await Promise.race([trying, delay(LONGEST_MS, undefined, { ref: false })]);
  if (ended === undefined) {
    stop.abort(new Error('too long'));
    releaseFifos(join(scene.base, 'lake'));
    await Promise.race([trying, delay(LONGEST_MS, undefined, { ref: false })]);
    return { failure: undefined, value: undefined, text: '', complaints: ['it did not end'] };
  }
  const grown = process.resourceUsage().maxRSS - before;
  const { failure, value } = ended;
  const said = [
    ...world.said,
    ...world.events,
    ...world.results,
    ...(failure === undefined ? [] : told(failure)),
  ];
  const complaints = [
    ...faultOf(failure),
    ...(grown > MOST_KB ? [`its memory grew by ${Math.round(grown / 1000)} MB`] : []),
    ...(scene.bystander.lives() ? [] : ['it killed a process of someone else']),
    ...scene.emr
      .touched()
      .filter(({ names }) => !names.every((name) => name.startsWith(`landfall/${run}/`)))
      .map(({ operation, names }) => `${operation} for what is not ours: ${names.join(', ')}`),
  ];
  return { failure, value, text: said.map((one) => JSON.stringify(one)).join('\n'), complaints };
}

function told({ message, why, stand, next, more }: LandfallError): unknown[] {
  return [message, why, stand, next, more];
}

/** Exit 1 is for our own bugs: no damage may cause it. */
function faultOf(failure: LandfallError | undefined): string[] {
  if (failure === undefined) return [];
  const { fault } = failure;
  if (typeof fault === 'string' && fault in EXIT_CODES && fault !== 'internal') return [];
  return [`it ended as a bug of ours would: ${failure.stack ?? failure.message}`];
}
