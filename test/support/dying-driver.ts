/** A driver that dies: after its n-th journal write, nothing that it does has any effect. */
import type { FakeWorld } from './fake-run.ts';

export class Killed extends Error {}

/** Makes every use of lake and EMR throw after `limit` journal entries. Returns a function that ends this. */
export function dieAfterWrites(world: FakeWorld, limit: number): () => void {
  const { objects, emr } = world;
  const before = { objects: { ...objects }, emr: { ...emr } };
  let writes = 0;
  const whileAlive =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      if (writes >= limit) throw new Killed();
      return work(...args);
    };
  objects.get = whileAlive(before.objects.get);
  objects.put = whileAlive(before.objects.put);
  objects.head = whileAlive(before.objects.head);
  objects.createIfAbsent = async (key, body) => {
    if (writes >= limit) throw new Killed();
    const created = await before.objects.createIfAbsent(key, body);
    if (created && key.includes('/journal/')) writes += 1;
    return created;
  };
  emr.runJobFlow = whileAlive(before.emr.runJobFlow);
  emr.addSteps = whileAlive(before.emr.addSteps);
  emr.listSteps = whileAlive(before.emr.listSteps);
  emr.getSteps = whileAlive(before.emr.getSteps);
  emr.describeStep = whileAlive(before.emr.describeStep);
  emr.findClusters = whileAlive(before.emr.findClusters);
  emr.describeCluster = whileAlive(before.emr.describeCluster);
  emr.terminate = whileAlive(before.emr.terminate);
  emr.cancelSteps = whileAlive(before.emr.cancelSteps);
  return () => {
    Object.assign(objects, before.objects);
    Object.assign(emr, before.emr);
  };
}
