/** For the test file that imports this: one scene, and the props for it, made before its tests and removed after them. */
import '../support/one-realm.ts';
import { afterAll, beforeAll } from '@jest/globals';
import { makeProps } from './props.ts';
import type { Props } from './props.ts';
import { makeScene } from './scene.ts';
import type { Scene } from './scene.ts';

export let scene: Scene;
export let props: Props;

beforeAll(async () => {
  scene = await makeScene();
  props = await makeProps(scene.base);
  scene.reset();
});
afterAll(async () => {
  props.close();
  await scene.close();
});
