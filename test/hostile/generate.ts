/** Damaged lakes at random, the same for the same seed. */
import { seededRandom } from '../support/seeded-random.ts';
import { kindsOf, PLANTED, runOf, valueDamage, wholeDamages } from './catalogue.ts';
import type { Damage } from './damage.ts';
import { complaintsAbout } from './examine.ts';
import type { Props } from './props.ts';
import { RUNS } from './scene.ts';
import type { Scene } from './scene.ts';
import { allVerbs } from './verbs.ts';

export interface HostileCase {
  /** The run on which the verbs are tried. */
  run: string;
  damages: readonly Damage[];
  verbs: readonly string[];
}

const MOST_DAMAGES = 4;
const VERBS = 3;

/** One to four damages, most of them to one run, and three verbs. */
export function hostileCase(scene: Scene, seed: number): HostileCase {
  const { fraction } = seededRandom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(fraction() * all.length)]!;
  const kinds = kindsOf(scene);
  const run = pick(RUNS);
  const ofRun = scene.keys.filter((key) => runOf(key) === run);
  const damageOf = (): Damage => {
    if (fraction() < 0.08) return pick(PLANTED);
    const key = pick(fraction() < 0.6 ? ofRun : kinds);
    const isJson = key.endsWith('.json');
    return isJson && fraction() < 0.6 ? valueDamage(scene, key, pick) : pick(wholeDamages(scene, key));
  };
  const count = 1 + Math.floor(fraction() ** 2 * MOST_DAMAGES);
  const all = allVerbs(run).map(({ name }) => name);
  return {
    run,
    damages: Array.from({ length: count }, damageOf),
    verbs: Array.from({ length: VERBS }, () => pick(all)),
  };
}

/** Tries the case; reports violations with the fewest damages and verbs that show them. */
export async function tryCase(scene: Scene, props: Props, its: HostileCase): Promise<string[]> {
  const complaints = await complaintsAbout(scene, props, its);
  if (complaints.length === 0) return [];
  const smallest = await shrink(scene, props, its);
  const again = await complaintsAbout(scene, props, smallest);
  return [JSON.stringify(smallest), ...(again.length > 0 ? again : [`not again: ${complaints.join('; ')}`])];
}

async function shrink(scene: Scene, props: Props, its: HostileCase): Promise<HostileCase> {
  for (const smaller of [...without(its, 'damages'), ...without(its, 'verbs')]) {
    if ((await complaintsAbout(scene, props, smaller)).length > 0) return shrink(scene, props, smaller);
  }
  return its;
}

function without(its: HostileCase, what: 'damages' | 'verbs'): HostileCase[] {
  const all = its[what];
  return all.length < 2
    ? []
    : all.map((_, at) => ({
        ...its,
        [what]: (all as readonly unknown[]).filter((__, other) => other !== at),
      }));
}
