/** Which keys under a run's folder are Landfall's: the known layout, and nothing that merely lies there. */
import { keys } from '../run/plan.ts';
import { isFolderMarker } from './folder-marker.ts';

/** `<application id>-<random>`; Spark's ids are `application_...` on YARN, `local-...` and `app-...` elsewhere. */
export const EXECUTION = /^(application_|local-|app-)[\w-]*-[0-9a-f]+$/;

const JOURNAL = /^journal\/(\d{6,})\.json$/;
const LOOSE = /^(owner\.json|inputs\.json\.gz|steps\/[^/]+\/\d+\/step\.py)$/;
const IN_EXECUTION = /^steps\/[^/]+\/\d+\/([^/]+)\/(.+)$/;
const REPORT = /^\.?report\.json(\.crc)?$/;
/** What Spark's writers leave: data files and markers with their checksums, and attempts that died. */
const WRITTEN =
  /^(tables|quarantine)\/(.+\/)?(\.?part-[^/]+|\.?_SUCCESS(\.crc)?|(_temporary|\.spark-staging-[^/]+)\/.+)$/;

/** Number of the journal entry that the key is; undefined for any other key. */
export function entryNumber(run: string, key: string): number | undefined {
  const number = JOURNAL.exec(below(run, key))?.[1];
  return number === undefined ? undefined : Number(number);
}

/** True for what a run, its driver or its steps write below `_landfall/runs/<run>/`. */
export function isOfRun(run: string, { key, size }: { key: string; size: number }): boolean {
  const name = below(run, key);
  if (JOURNAL.test(name) || LOOSE.test(name) || isFolderMarker(name, size)) return true;
  const [, execution = '', file = ''] = IN_EXECUTION.exec(name) ?? [];
  return EXECUTION.test(execution) && (REPORT.test(file) || WRITTEN.test(file));
}

const below = (run: string, key: string) => key.slice(keys.run(run).length + 1);
