/** A lake in which many runs have published, and whose next run has finished its steps. */
import { keys } from '../../../src/lake/layout.ts';
import { publish } from '../../../src/lake/publication.ts';
import { madeOf } from '../../../src/run/made-of.ts';
import type { RunPlan } from '../../../src/run/plan.ts';
import type { LandedTable } from '../../../src/run/verification.ts';
import { openS3 } from '../../../src/store/s3.ts';
import type { Store } from '../../../src/store/store.ts';
import type { MemoryS3 } from '../../../test/support/memory-s3.ts';
import { fillInputs } from './inputs.ts';
import { executionOf, landFiles, makeContents } from './landed-files.ts';
import { planNext } from './planning.ts';
import type { Sizes } from './sizes.ts';

const DAY_MS = 86_400_000;
/** Data files of entries that nobody should have to read. */
const FEW = 10;

/** Fills the buckets `raw` and `lake`. The run to land is `next`; `folder` is for the files of settings. */
export async function fill(s3: MemoryS3, sizes: Sizes, folder: string): Promise<void> {
  const { objects, files, publications } = sizes;
  fillInputs(s3, FEW);
  const { plan } = await planNext(s3.endpoint, folder);
  fillInputs(s3, objects);
  const sources = plan.sources.map((source) => {
    const prefix = `${source.uri.slice('s3://'.length)}/`;
    return { ...source, objects: [...s3.objects.keys()].filter((place) => place.startsWith(prefix)).length };
  });
  const contents = await makeContents(plan.steps.flatMap(({ tables }) => tables));
  const land = (run: string, publication: number, count: number) => {
    const its = { ...plan, run, publication, sources };
    return { plan: its, tables: landFiles(s3, its, contents, count) };
  };
  const store = openLake(s3.endpoint, plan);
  await publishAs(store, land('run-1', 1, FEW));
  await repeatEntry(s3, store, publications - 2);
  for (const number of [publications - 1, publications])
    await publishAs(store, land(`run-${String(number)}`, number, files));
  const { tables } = land(`run-${String(publications)}`, publications, files);
  for (const file of tables.flatMap((table) => table.files))
    s3.objects.set(`lake/${file.mirror}`, s3.objects.get(`lake/${file.key}`)!);
  land(plan.run, publications + 1, files);
}

function openLake(endpoint: string, { lake }: RunPlan): Store {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  return openS3({ bucket: lake.slice('s3://'.length), prefix: '' }, { endpoint, credentials }, {});
}

async function publishAs(
  store: Store,
  { plan, tables }: { plan: RunPlan; tables: LandedTable[] },
): Promise<void> {
  const { run, publication: number, steps } = plan;
  const executions = Object.fromEntries(steps.map(({ name }) => [name, executionOf(run, name)]));
  await publish(store, { number, run, driver: 'bench', kept: [], tables, madeOf: madeOf(plan, executions) });
}

/** Entry 1 again, a day older each, as every entry from 2 to `last`. */
async function repeatEntry(s3: MemoryS3, store: Store, last: number): Promise<void> {
  const body = Buffer.from((await store.get(keys.publication(1))) ?? []).toString();
  const entry = JSON.parse(body) as Record<string, unknown>;
  const now = (await store.now()).getTime();
  for (let number = 2; number <= last; number += 1) {
    const publishedAt = new Date(now - (last + 1 - number) * DAY_MS).toISOString();
    s3.put(`lake/${keys.publication(number)}`, JSON.stringify({ ...entry, number, publishedAt }));
  }
}
