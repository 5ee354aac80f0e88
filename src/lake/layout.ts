/**
 * Where everything is in a lake. Every key, prefix and path segment below the lake is built and parsed here, and
 * nowhere else. Pure: it imports nothing, so that every room may import it.
 */

/** Keys and prefixes, relative to the lake. Those that end in a slash are folders, to be listed. */
export const keys = {
  /** What Landfall keeps in a lake; the tables lie beside it. */
  landfall: '_landfall/',
  runs: '_landfall/runs/',
  publications: '_landfall/published/',
  /** LogUri, unless the configuration names another. */
  logs: '_landfall/logs',
  /** An object that is written to test the store, and then removed. */
  probe: (id: string) => `_landfall/probe/${id}`,

  run: (run: string) => `_landfall/runs/${run}`,
  journal: (run: string) => `_landfall/runs/${run}/journal/`,
  entry: (run: string, number: number) => `_landfall/runs/${run}/journal/${padded(number)}.json`,
  owner: (run: string) => `_landfall/runs/${run}/owner.json`,
  inputs: (run: string) => `_landfall/runs/${run}/inputs.json.gz`,
  attempt: (run: string, step: string, attempt: number) => `_landfall/runs/${run}/steps/${step}/${attempt}`,
  program: (run: string, step: string, attempt: number) =>
    `_landfall/runs/${run}/steps/${step}/${attempt}/step.py`,

  /** `attempt`: the attempt's folder. `name`: the application's id, a hyphen, and random hex digits. */
  execution: (attempt: string, name: string) => `${attempt}/${name}`,
  /** `execution` is the execution's folder. */
  report: (execution: string) => `${execution}/report.json`,
  /** The file that says what each input object contained. */
  objects: (execution: string) => `${execution}/objects.json.gz`,

  /** The data files of all tables, whichever run wrote them. */
  data: 'delta/',
  /** Begins the keys of what executions of the run wrote of the table, and of runs whose ids begin with its id and a dot. */
  dataOfRun: (table: string, run: string) => `delta/${table}/${run}.`,
  /** What one execution wrote of a table. `execution`: its folder in the run. */
  table: (execution: string, table: string) => {
    const [, , run = '', , , , name = ''] = execution.split('/');
    return keys.written({ run, execution: name }, table);
  },
  written: ({ run, execution }: Writer, table: string) => `delta/${table}/${run}.${execution}/`,
  /** A data file of a table, as the report of an execution names it. `in`: the folder of another execution, which wrote it. */
  reported: (
    execution: string,
    table: string,
    { name, in: writer }: { name: string; in?: string | undefined },
  ) => `${writer === undefined ? keys.table(execution, table) : `delta/${table}/${writer}/`}${name}`,

  publication: (number: number) => `_landfall/published/${padded(number)}.json`,

  /** The plain path of a table, without a slash: a file may stand there. */
  plainTable: (table: string) => table,
  plainFolder: (table: string) => `${table}/`,
  /**
   * The plain path of a file: `cats/year=2004/<run>-7-part-00000-....zstd.parquet`, where 7 is the publication. The
   * number makes the path unique: no other publication names it, not even one of the same files. So when an overtaken
   * publisher deletes what was current before it, it can never delete a file that is current again.
   */
  plainFile: (table: string, { run, publication }: Publishing, name: string) => {
    const cut = name.lastIndexOf('/') + 1;
    return `${table}/${name.slice(0, cut)}${run}-${String(publication)}-${name.slice(cut)}`;
  },
} as const;

/** The most bytes that are read whole: far more than Landfall ever writes, and little enough for any machine. */
export const mostBytes = {
  entry: 16 * 1024 * 1024,
  owner: 64 * 1024,
  program: 16 * 1024 * 1024,
  report: 64 * 1024 * 1024,
  publication: 256 * 1024 * 1024,
  /** Of `inputs.json.gz`, and of its text, which is read line by line. An object takes about 50 and 250 bytes in them. */
  inputs: 512 * 1024 * 1024,
  inputsText: 3 * 1024 * 1024 * 1024,
  footer: 64 * 1024 * 1024,
} as const;

/** The internal table of rejected lines, which every step may write. */
export const QUARANTINE = 'quarantine';

/** Tables that a lake has for itself. */
const OWN_TABLES = [QUARANTINE, 'objects'];

/** Names that no pipeline may give a table or a source: the lake has tables, or a folder, of these names. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['delta', ...OWN_TABLES]);

/** An execution by what the keys of its data files tell: its run, and its own name. */
export interface Writer {
  run: string;
  execution: string;
}

/** Which run publishes, and as what number. */
export interface Publishing {
  run: string;
  publication: number;
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** True for a valid run id: safe as a folder name, in an S3 key and in an EMR name. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/**
 * True for a valid name of a step or a view. Names are keys of plain objects, so a property that every object has is
 * not a valid name.
 */
export function isName(text: string): boolean {
  return /^[a-z][a-z0-9_]{0,62}$/.test(text) && !(text in Object.prototype);
}

/** True for what may be the name of a table or a source of a pipeline. */
export function isTableName(text: string): boolean {
  return isName(text) && !RESERVED_NAMES.has(text);
}

/** True for the name of an execution's folder; Spark's ids are `application_...` on YARN, `local-...` and `app-...` elsewhere. */
export function isExecutionName(text: string): boolean {
  return /^(application_|local-|app-)[\w-]*-[0-9a-f]+$/.test(text);
}

/** Number of the journal entry that the key is; undefined for any other key. */
export function entryNumber(run: string, key: string): number | undefined {
  return numberOf(key, (number) => keys.entry(run, number));
}

/** Number of the publication entry that the key is; undefined for any other key. */
export function publicationNumber(key: string): number | undefined {
  return numberOf(key, keys.publication);
}

/** The number from which `build` makes exactly this key: no sign, no other padding, no number past the safe integers. */
function numberOf(key: string, build: (number: number) => string): number | undefined {
  const number = Number(/(?<=\/)\d{6,16}(?=\.json$)/.exec(key)?.[0]);
  return Number.isSafeInteger(number) && number > 0 && build(number) === key ? number : undefined;
}

export interface ExecutionPlace {
  run: string;
  step: string;
  attempt: number;
  /** Key of its folder. */
  execution: string;
}

/** Which execution of which run the folder is; undefined for any other key. */
export function parseExecution(key: string): ExecutionPlace | undefined {
  const [, run = '', step = '', attempt = '', name = ''] = EXECUTION_KEY.exec(key) ?? [];
  if (!isRunId(run) || !isName(step) || !isExecutionName(name)) return undefined;
  const number = Number(attempt);
  return Number.isSafeInteger(number) ? { run, step, attempt: number, execution: key } : undefined;
}

const EXECUTION_KEY = /^_landfall\/runs\/([^/]+)\/steps\/([^/]+)\/([1-9]\d*)\/([^/]+)$/;

export interface WrittenPlace extends Writer {
  table: string;
  /** Below the execution's folder of the table: `year=2004/part-00000-....zstd.parquet`. */
  name: string;
}

/** Which execution the folder below `delta/<table>/` belongs to: what it is named after. Undefined for any other object. */
export function parseWritten(key: string): WrittenPlace | undefined {
  const [, table = '', folder = '', name = ''] = /^delta\/([^/]+)\/([^/]+)\/(.*)$/s.exec(key) ?? [];
  const writer = parseWriter(folder);
  const isTable = isTableName(table) || OWN_TABLES.includes(table);
  return isTable && writer !== undefined ? { ...writer, table, name } : undefined;
}

/** The execution that the folder of a table, `<run>.<execution>`, is named after; undefined for any other name. */
export function parseWriter(folder: string): Writer | undefined {
  const dot = folder.lastIndexOf('.');
  const [run, execution] = [folder.slice(0, Math.max(0, dot)), folder.slice(dot + 1)];
  return isRunId(run) && isExecutionName(execution) ? { run, execution } : undefined;
}

/** The same for a data file; undefined for any other key. */
export function parseDataFile(key: string): WrittenPlace | undefined {
  const place = parseWritten(key);
  return place !== undefined && isDataName(place.name) ? place : undefined;
}

/** True for a name below a folder: no empty, `.` or `..` part, and nothing absolute. */
export function isNameBelow(name: string): boolean {
  return !name.includes('\0') && name.split('/').every((part) => !['', '.', '..'].includes(part));
}

/**
 * True for a plain path that the publication of this number, or an earlier one, may give the data file: files that are
 * carried over keep the path that they have, which names the run that published them first.
 */
export function isPlainPathOf({ table, name }: WrittenPlace, publication: number, key: string): boolean {
  const cut = name.lastIndexOf('/') + 1;
  const start = `${table}/${name.slice(0, cut)}`;
  const end = `-${name.slice(cut)}`;
  if (!key.startsWith(start) || !key.endsWith(end) || key.length < start.length + end.length) return false;
  const [, run = '', number = ''] =
    /^(.+)-([1-9]\d{0,15})$/.exec(key.slice(start.length, key.length - end.length)) ?? [];
  return isRunId(run) && Number(number) <= publication;
}

/** The numbers that a plain path may contain between its run and the name of its file; none when no publication gives such a path. */
export function publicationsIn(key: string): number[] {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return [...name.matchAll(/(?<=-)[1-9]\d{0,15}(?=-)/g)].map(([number]) => Number(number));
}

/** True for the name of a data file below its table's folder: `column=value` folders, and a visible `.parquet` file. */
export function isDataName(name: string): boolean {
  return (
    kindOfName(name, 1) === 'data' &&
    name
      .split('/')
      .slice(0, -1)
      .every((folder) => /^[^=]+=/.test(folder))
  );
}

/** What kind of object a name below a table's folder is: data, a usual leftover of writers, or something else. */
export function kindOfName(name: string, size: number): 'data' | 'left-by-custom' | 'stray' {
  const segments = name.split('/');
  if (isFolderMarker(name, size) || /(?:^|\/)(?:_SUCCESS|\.[^/]*\.crc)$/.test(name)) return 'left-by-custom';
  const hidden = segments.some((segment) => segment.startsWith('_') || segment.startsWith('.'));
  return !hidden && name.endsWith('.parquet') ? 'data' : 'stray';
}

/** True for an object that only marks a folder, as consoles and older Hadoop leave them in S3. */
export function isFolderMarker(key: string, size: number): boolean {
  return size === 0 && (key === '' || key.endsWith('/') || key.endsWith('_$folder$'));
}

const LOOSE = /^(owner\.json|inputs\.json\.gz|steps\/[^/]+\/\d+\/step\.py)$/;
const IN_EXECUTION = /^steps\/[^/]+\/\d+\/([^/]+)\/(.+)$/;
const RECORD = /^\.?(report\.json|objects\.json\.gz)(\.crc)?$/;
/** What Spark's writers leave: data files and markers with their checksums, and files of attempts that crashed. */
const BY_SPARK = /^(.+\/)?(\.?part-[^/]+|\.?_SUCCESS(\.crc)?|(_temporary|\.spark-staging-[^/]+)\/.+)$/;

/** True for what a run, its driver or its steps write below the run's folder; false for anything else there. */
export function isOfRun(run: string, { key, size }: { key: string; size: number }): boolean {
  const name = key.slice(keys.run(run).length + 1);
  if (entryNumber(run, key) !== undefined || LOOSE.test(name) || isFolderMarker(name, size)) return true;
  const [, execution = '', file = ''] = IN_EXECUTION.exec(name) ?? [];
  return isExecutionName(execution) && RECORD.test(file);
}

/** Whose object below `delta/` that is, by its name; undefined when Spark, writing for a run, gives no object such a name. */
export function writerOf({ key, size }: { key: string; size: number }): Writer | undefined {
  const place = parseWritten(key);
  if (place === undefined) return undefined;
  return isFolderMarker(place.name, size) || BY_SPARK.test(place.name) ? place : undefined;
}

export interface PartitionValue {
  name: string;
  /** Null for `__HIVE_DEFAULT_PARTITION__`. */
  value: string | null;
}

const NULL_VALUE = '__HIVE_DEFAULT_PARTITION__';

/**
 * The values that a file's folders spell as Hive and Spark write them (`year=2004/kind=a%3A1`), outermost first;
 * undefined when a folder is not `name=value`.
 */
export function partitionOf(folders: readonly string[]): PartitionValue[] | undefined {
  const values: PartitionValue[] = [];
  for (const folder of folders) {
    const split = folder.indexOf('=');
    if (split < 1) return undefined;
    const value = folder.slice(split + 1);
    values.push({
      name: unescapeName(folder.slice(0, split)),
      value: value === NULL_VALUE ? null : unescapeName(value),
    });
  }
  return values;
}

/** Undoes Hive's escaping: `%3A` is the character with that code; a `%` without two hex digits stays as it is. */
function unescapeName(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
