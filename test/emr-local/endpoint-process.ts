/**
 * An endpoint in a process of its own, for tests that kill it: `tsx endpoint-process.ts <state folder>` prints its URL. At
 * SIGTERM the process leaves at once.
 */
import { startEndpoint } from '../../src/emr-local/endpoint.ts';
import { credentials, jumpingClock, mapStore, random, region } from './world.ts';

const endpoint = await startEndpoint({
  port: 0,
  stateFolder: process.argv[2] ?? '',
  credentials,
  region,
  spark: () => Promise.resolve({ submit: '/nowhere/spark-submit', env: {}, conf: {} }),
  openStore: mapStore().open,
  clock: jumpingClock(),
  random,
  logDelaySeconds: 0,
  pace: { startingMs: 0, bootstrappingMs: 0, terminatingMs: 0 },
});
process.on('exit', () => endpoint.abandon());
process.once('SIGTERM', () => process.exit(143));
console.log(endpoint.url);
