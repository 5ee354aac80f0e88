/** Tries verbs on a damaged lake, watches everything outside it, and reports violations. */
import { existsSync } from 'node:fs';
import { inflict } from './damage.ts';
import type { Damage } from './damage.ts';
import type { Props } from './props.ts';
import type { Scene } from './scene.ts';
import { tryVerb } from './trial.ts';
import type { Trial } from './trial.ts';
import { changingVerbs, lookingVerbs } from './verbs.ts';
import type { LakeVerb } from './verbs.ts';
import { changes, outsideOf } from './watcher.ts';

export interface Examined extends Trial {
  verb: string;
}

/** Resets the lake, then applies these damages. */
export function damage(scene: Scene, props: Props, damages: readonly Damage[]): void {
  scene.reset();
  for (const one of damages) inflict(scene, props, one);
}

/** Tries the verb on the lake as it is now. */
export async function examine(scene: Scene, run: string, verb: LakeVerb): Promise<Examined> {
  const outside = outsideOf(scene);
  const trial = await tryVerb(scene, run, verb);
  const changed = changes(outside, outsideOf(scene));
  const complaints = [
    ...trial.complaints,
    ...changed.map((path) => `it changed ${path.slice(scene.base.length)}, which is not the lake's`),
  ];
  return { ...trial, verb: verb.name, complaints };
}

/** Tries the verbs that only read, one after the other: none of them may change anything. */
export async function look(
  scene: Scene,
  run: string,
  verbs: readonly LakeVerb[] = lookingVerbs(run),
): Promise<Examined[]> {
  const before = scene.files.snapshot();
  const examined: Examined[] = [];
  for (const verb of verbs) examined.push(await examine(scene, run, verb));
  const changed = changes(before, scene.files.snapshot()).filter((path) => path !== scene.lake);
  return examined.map((one) => ({
    ...one,
    complaints: [...one.complaints, ...changed.map((path) => `one that only looks changed ${path}`)],
  }));
}

/** Damages the lake and tries one verb; if the verb only reads, it must not change the lake either. */
export async function tryDamaged(
  scene: Scene,
  props: Props,
  { run, damages, verb }: { run: string; damages: readonly Damage[]; verb: LakeVerb },
): Promise<string[]> {
  damage(scene, props, damages);
  const isLooking = lookingVerbs(run).some(({ name }) => name === verb.name);
  const examined = isLooking ? await look(scene, run, [verb]) : [await examine(scene, run, verb)];
  if (existsSync(`${scene.outside}/pwned`)) throw new Error('a command in a text was run');
  return complaintsOf(examined);
}

/** `verb: complaint` for every violation. */
export function complaintsOf(examined: readonly Examined[]): string[] {
  return examined.flatMap(({ verb, complaints }) => complaints.map((complaint) => `${verb}: ${complaint}`));
}

/** Damages the lake and tries one verb of each sort, by name. */
export async function complaintsAbout(
  scene: Scene,
  props: Props,
  { run, damages, verbs }: { run: string; damages: readonly Damage[]; verbs: readonly string[] },
): Promise<string[]> {
  const named = (all: readonly LakeVerb[]) => all.filter(({ name }) => verbs.includes(name));
  const looking = named(lookingVerbs(run));
  const examined: Examined[] = [];
  if (looking.length > 0) {
    damage(scene, props, damages);
    examined.push(...(await look(scene, run, looking)));
  }
  for (const verb of named(changingVerbs(run))) {
    damage(scene, props, damages);
    examined.push(await examine(scene, run, verb));
  }
  if (existsSync(`${scene.outside}/pwned`)) throw new Error('a command in a text was run');
  return complaintsOf(examined);
}
