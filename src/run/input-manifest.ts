/** The inputs of a run, frozen: every object it will read, by name, size and etag. */
import type { Diagnostic } from '../faults.ts';
import { gatherArchived } from './archived-inputs.ts';
import type { Archived, MaybeArchived } from './archived-inputs.ts';

export interface ListedObject {
  key: string;
  size: number;
  etag: string;
  /** Epoch milliseconds. A Date would take as much memory as all the rest, and there may be millions of objects. */
  modified: number;
}

/** As a store lists it. */
export type ObjectInStore = Omit<ListedObject, 'modified'> & MaybeArchived;

export interface Input {
  source: string;
  /** Root of the source: a folder, a prefix, or a single object. */
  uri: string;
  objects: readonly ListedObject[];
  bytes: number;
  skipped: number;
  /** Those, by the ending or the kind of their names. */
  skippedBy: Readonly<Record<string, number>>;
  /** Absent: none is. */
  archived?: Archived;
}

/**
 * Sorts what a listing holds into input and skipped: `.json` and `.json.gz` count, names or folders that start with
 * `.` or `_` do not (Spark would not read them), nor do folder markers. Keys are relative to the source's root.
 */
export async function readListing(
  source: string,
  uri: string,
  listing: AsyncIterable<ObjectInStore>,
): Promise<Input> {
  const objects: ListedObject[] = [];
  let skipped = 0;
  const skippedBy: Record<string, number> = {};
  const archived = gatherArchived();
  for await (const object of listing) {
    const kind = skippedKind(object);
    if (kind === undefined) {
      const { key, size, etag, lastModified } = object;
      objects.push({ key, size, etag, modified: lastModified.getTime() });
      archived.look(object);
      continue;
    }
    skipped += 1;
    skippedBy[kind] = (skippedBy[kind] ?? 0) + 1;
  }
  objects.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return { source, uri, objects, bytes, skipped, skippedBy, archived: archived.found() };
}

/** Longer endings, and names without one, count as one kind. */
const ENDING = /[^/.](\.[A-Za-z0-9~-]{1,12}(?:\.(?:gz|bz2|zst|tmp))?)$/;

/** Why an object is not input: the ending of its name, or what kind of name it is; undefined when it is input. */
function skippedKind({ key, size }: ObjectInStore): string | undefined {
  if (key.endsWith('/') || (size === 0 && key.endsWith('_$folder$'))) return 'folder markers';
  if (key.split('/').some((segment) => segment.startsWith('.') || segment.startsWith('_')))
    return 'names starting with _ or .';
  if (key.endsWith('.json') || key.endsWith('.json.gz')) return undefined;
  return ENDING.exec(key)?.[1] ?? 'names without an extension';
}

/** The manifest's lines, one JSON object an input object; `spark-templates/engine/inputs.py` reads them. */
export function* manifestLines(inputs: readonly Input[]): Iterable<string> {
  for (const { source, uri, objects } of inputs) {
    for (const { key, size, etag, modified } of objects) {
      const whole = key === '' ? uri : `${uri}/${key}`;
      const lastModified = new Date(modified).toISOString();
      yield `${JSON.stringify({ source, key, uri: whole, size, etag, last_modified: lastModified })}\n`;
    }
  }
}

/** Mistakes that the listing shows. */
export function checkInputs(inputs: readonly Input[]): Diagnostic[] {
  return [
    ...inputs.filter(({ bytes }) => bytes === 0).map(nothingToRead),
    ...inputs.flatMap(unreachableObjects),
  ];
}

function nothingToRead({ source, uri, skipped, skippedBy, objects }: Input): Diagnostic {
  const flag = `set [INPUT] ${source} or --${source.replaceAll('_', '-')}`;
  if (objects.length > 0) {
    const all =
      objects.length === 1
        ? 'the only input object here'
        : `each of the ${String(objects.length)} input objects here`;
    return {
      severity: 'error',
      at: uri,
      message: `${all} is empty, so there is nothing to read for ${source}`,
      hint: flag,
    };
  }
  const kinds = Object.entries(skippedBy).map(([kind, count]) => `${String(count)} ${kind}`);
  return {
    severity: 'error',
    at: uri,
    message:
      skipped === 0
        ? `no input for ${source} here: the folder does not exist, or is empty`
        : `none of the ${String(skipped)} objects here is input for ${source} (${kinds.slice(0, 6).join(', ')})`,
    hint: `inputs end in .json or .json.gz and have no name or folder starting with "." or "_"; ${flag}`,
  };
}

/**
 * Spark loses S3 folders with an empty name: it reads `a//b` as `a/b`, and finds nothing there. In the name of a
 * local file, Hadoop takes the text before a colon for the scheme of a URI.
 */
function unreachableObjects({ uri, objects }: Input): Diagnostic[] {
  const local = uri.startsWith('file://');
  const nameless = objects.filter(({ key }) => key.startsWith('/') || key.includes('//'));
  const colons = objects.filter(({ key }) => local && nameOf(`${uri}/${key}`).includes(':'));
  return [
    ...unreachable(uri, nameless, 'a folder in its name is empty', 'without a double slash'),
    ...unreachable(uri, colons, 'its name holds a colon', 'without a colon'),
  ];
}

/** The last part of a path. */
function nameOf(path: string): string {
  const whole = path.endsWith('/') ? path.slice(0, -1) : path;
  return whole.slice(whole.lastIndexOf('/') + 1);
}

function unreachable(uri: string, objects: readonly ListedObject[], why: string, how: string): Diagnostic[] {
  const [first] = objects;
  if (first === undefined) return [];
  const others = objects.length === 1 ? '' : ` and ${String(objects.length - 1)} more`;
  return [
    {
      severity: 'error',
      at: first.key === '' ? uri : `${uri}/${first.key}`,
      message: `Spark cannot reach this object${others}: ${why}`,
      hint: `rename it, ${how}, or choose an input that does not contain it`,
    },
  ];
}
