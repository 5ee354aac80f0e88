/** What the driver does for a run on many objects, one thing after the other, all but the steps themselves. */
import { createLake } from '../../../src/lake/lake.ts';
import { keys, mostBytes } from '../../../src/lake/layout.ts';
import { present } from '../../../src/present.ts';
import { changesOf, difference } from '../../../src/run/difference.ts';
import type { Input } from '../../../src/run/input-manifest.ts';
import { tokens } from '../../../src/run/plan.ts';
import type { Lake } from '../../../src/run/ports.ts';
import type { Verification } from '../../../src/run/verification.ts';
import { openLake } from '../../../src/session/compose.ts';
import { listInputs } from '../../../src/session/list-inputs.ts';
import type { Manifest } from '../../../src/session/list-inputs.ts';
import { linesOfManifest } from '../../../src/session/staged-manifest.ts';
import type { Store } from '../../../src/store/store.ts';
import { executionOf } from './landed-files.ts';
import { planNext } from './planning.ts';
import type { Planning } from './planning.ts';

export interface Operation {
  name: string;
  /** What it does, for a reader of the results. */
  doc: string;
  run: () => Promise<void>;
}

/** Every thousandth object is taken for one that changed. */
const CHANGED = 1000;

/** What a `submit` holds at the end of the operations so far. */
interface Held {
  planning?: Planning;
  manifest?: Manifest;
  packed?: Uint8Array;
  store?: Store;
  lake?: Lake;
  verification?: Verification;
}

/** They are to be run in this order. Each throws when its outcome is not what the lake was filled for. */
export function operations(endpoint: string, folder: string): readonly Operation[] {
  const held: Held = {};
  return [
    {
      name: 'plan',
      doc: 'the whole of `landfall plan`: lists the inputs, the log of publications and the plain paths, and reads the first object of each source',
      run: async () => {
        held.planning = await planNext(endpoint, folder);
      },
    },
    {
      name: 'list inputs',
      doc: 'lists the inputs and makes the manifest of them, as `submit` does',
      run: async () => {
        const { settings, cli } = present(held.planning, 'a plan');
        held.manifest = await listInputs(settings, cli);
        held.store = await openLake(settings, cli);
      },
    },
    {
      name: 'stage',
      doc: 'writes the manifest to the lake; a `submit` holds its packed form until the end',
      run: async () => {
        const { plan } = present(held.planning, 'a plan');
        held.packed = present(held.manifest, 'a manifest').body;
        await present(held.store, 'a lake').put(keys.inputs(plan.run), held.packed);
      },
    },
    {
      name: 'find changes',
      doc: 'reads that manifest and compares it with a listing in which one object of a thousand has changed',
      run: async () => {
        const { inputs, digest } = present(held.manifest, 'a manifest');
        const key = keys.inputs(present(held.planning, 'a plan').plan.run);
        const body = await present(held.store, 'a lake').get(key, mostBytes.inputs);
        const lines = linesOfManifest(present(body, key), digest);
        const { count } = changesOf(await difference(lines, inputs.map(later)));
        const changed = inputs.reduce((sum, { objects }) => sum + Math.ceil(objects.length / CHANGED), 0);
        if (count !== changed) throw new Error(`${count} of ${changed} changed objects were found`);
        delete held.manifest;
      },
    },
    {
      name: 'verify',
      doc: 'reads the reports of all steps and the footer of every data file, and checks them against the contracts',
      run: async () => {
        const { plan } = present(held.planning, 'a plan');
        const lake = createLake(present(held.store, 'a lake'), { driver: 'bench' });
        const read = plan.steps.map(async ({ name }) =>
          present(
            await lake.readExecution(executionOf(plan.run, name), tokens.step(plan.run, name, 1)),
            name,
          ),
        );
        held.verification = await lake.verify(plan, await Promise.all(read));
        const wrong = held.verification.findings.filter(({ severity }) => severity === 'error');
        if (wrong.length > 0) throw new Error(JSON.stringify(wrong.slice(0, 3)));
        held.lake = lake;
      },
    },
    {
      name: 'publish',
      doc: 'writes the entry of the publication log',
      run: async () => {
        const { plan } = present(held.planning, 'a plan');
        const verification = present(held.verification, 'a verification');
        const executions = Object.fromEntries(
          plan.steps.map(({ name }) => [name, executionOf(plan.run, name)]),
        );
        if (!(await present(held.lake, 'a lake').publish(plan, verification, executions)))
          throw new Error(`number ${String(plan.publication)} is taken`);
      },
    },
    {
      name: 'plain paths',
      doc: 'copies every data file to its plain path, and deletes the copies of the publication before',
      run: () => present(held.lake, 'a lake').mirror(),
    },
  ];
}

function later(input: Input): Input {
  const objects = input.objects.map((one, at) => (at % CHANGED === 0 ? { ...one, etag: 'changed' } : one));
  return { ...input, objects };
}
