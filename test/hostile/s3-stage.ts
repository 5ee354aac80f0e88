/** For the test file that imports this: one scene whose lake is in S3, made before its tests and removed after them. */
import '../support/one-realm.ts';
import { afterAll, beforeAll } from '@jest/globals';
import { memoryS3 } from '../support/memory-s3.ts';
import type { MemoryS3 } from '../support/memory-s3.ts';
import { complaintsOf, examine, look } from './examine.ts';
import { makeScene } from './scene.ts';
import type { Scene } from './scene.ts';
import type { S3Damage } from './s3-damage.ts';
import type { LakeVerb } from './verbs.ts';
import { lookingVerbs } from './verbs.ts';

export let s3: MemoryS3;
export let scene: Scene;

/** Objects of others in the bucket, which no verb may touch. */
const OTHERS = [
  'lake/outside/keep.txt',
  'lake/outside/journal/000001.json',
  'lake/rooted',
  'lake/other/secret.json',
];

beforeAll(async () => {
  s3 = await memoryS3();
  scene = await makeScene(s3);
}, 180_000);
afterAll(async () => {
  await scene.close();
  await s3.stop();
});

/** Tries one verb on the lake with the damage; reports violations. */
export async function tryS3(one: S3Damage, verb: LakeVerb): Promise<string[]> {
  scene.reset();
  for (const place of OTHERS) s3.put(place, 'of others');
  const before = othersIn();
  one.inflict(s3);
  const isLooking = lookingVerbs(one.run).some(({ name }) => name === verb.name);
  const examined = isLooking ? await look(scene, one.run, [verb]) : [await examine(scene, one.run, verb)];
  return [
    ...complaintsOf(examined),
    ...(othersIn() === before ? [] : [`${verb.name}: it changed what lies beside the lake`]),
  ].map((complaint) => `${one.name}: ${complaint}`);
}

const othersIn = () =>
  JSON.stringify(
    OTHERS.map((place) => [place, s3.objects.get(place)?.etag, s3.objects.get(place)?.modified]),
  );
