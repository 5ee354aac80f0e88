/** The outcome of a run as others see it: the lake's files, boto3, DuckDB, the processes of this machine. */
import { keys } from '../../src/lake/layout.ts';
import type { Publication } from '../../src/lake/publication.ts';
import type { Stamped } from '../../src/run/entries.ts';
import { readEntries } from '../../src/run/read-journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { EmrProcess } from './emr-process.ts';
import { equalTables, judge } from './oracle.ts';
import type { Judgement } from './oracle.ts';
import { commandLines } from './processes.ts';

export interface Finished {
  /** A folder. */
  lake: string;
  run: string;
  sources: { song_data: string; log_data: string };
  emr: EmrProcess;
}

export interface EndState {
  verdicts: string[];
  /** By step: how many executions were accepted. */
  accepted: Record<string, number>;
  /** Steps that have not ended. */
  open: string[];
  /** Clusters that have not ended. */
  live: string[];
  /** Clusters that had steps, besides the one that the journal names. */
  astray: string[];
  /** The runs of the publication log. */
  published: string[];
  /** Published files outside the accepted executions. */
  strangers: string[];
  differences: Judgement['differences'];
  /** Processes that still mention the lake. */
  processes: string[];
}

const OVER = ['COMPLETED', 'FAILED', 'CANCELLED', 'INTERRUPTED', 'TERMINATED', 'TERMINATED_WITH_ERRORS'];

export async function endState({ lake, run, sources, emr }: Finished): Promise<EndState> {
  const entries = await journalOf(lake, run);
  const clusters = await emr.settled();
  const ours = entries.findLast((entry) => entry.entry === 'cluster')?.id;
  const accepted = entries.filter((entry) => entry.entry === 'step-accepted');
  const publications = await publicationsOf(lake);
  return {
    verdicts: entries.filter((entry) => entry.entry === 'finished').map(({ verdict }) => verdict),
    accepted: countBy(accepted.map(({ step }) => step)),
    open: clusters
      .flatMap(({ steps }) => steps)
      .filter(({ Status }) => !OVER.includes(Status.State))
      .map(({ Name, Status }) => `${Name} ${Status.State}`),
    live: clusters.filter(({ cluster }) => !OVER.includes(cluster.Status.State)).map(idOf),
    astray: clusters.filter((one) => one.steps.length > 0 && idOf(one) !== ours).map(idOf),
    published: publications.map((publication) => publication.run),
    strangers: publications
      .flatMap(({ tables }) => tables)
      .flatMap(({ table, files }) => {
        const folders = accepted.map(({ execution }) => keys.table(execution, table));
        return files.map(({ key }) => key).filter((key) => !folders.some((folder) => key.startsWith(folder)));
      }),
    differences: judge(sources.song_data, sources.log_data, lake).differences,
    processes: commandLines(lake),
  };
}

/** One accepted execution of each step, one publication of their files, equal tables, nothing left running. */
export function sound(run: string, live: readonly string[] = []): EndState {
  return {
    verdicts: ['succeeded'],
    accepted: { song_transform: 1, log_transform: 1 },
    open: [],
    live: [...live],
    astray: [],
    published: [run],
    strangers: [],
    differences: equalTables,
    processes: [],
  };
}

/** The journal, in order. */
export async function journalOf(lake: string, run: string): Promise<Stamped[]> {
  return readEntries(await openStore(lake), run, 0);
}

export async function publicationsOf(lake: string): Promise<Publication[]> {
  const store = await openStore(lake);
  const found: Publication[] = [];
  for await (const { key } of store.list('_landfall/published/')) {
    found.push(JSON.parse(new TextDecoder().decode(await store.get(key))) as Publication);
  }
  return found;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const idOf = ({ cluster }: { cluster: { Id: string } }) => cluster.Id;
