/** How the listed inputs differ from those of an earlier run, object by object. Pure. */
import { z } from 'zod';
import type { Input, ListedObject } from './input-manifest.ts';

/** Objects of one kind: how many, and the URIs of the first few. */
export interface Counted {
  count: number;
  first: readonly string[];
}

export interface SourceDifference {
  source: string;
  new: Counted;
  /** Another size, another etag, or the same name below another root. */
  changed: Counted;
  gone: Counted;
  unchanged: number;
}

/** Objects of each kind that are named, unless the caller wants more. */
const NAMED = 3;

/**
 * The difference of each source that is listed now, or was then. `manifest` has the lines of the earlier `inputs.json.gz`. It
 * is sorted by key within each source, as listings are, so that its lines are read as they come and not kept.
 */
export async function difference(
  manifest: AsyncIterable<string>,
  inputs: readonly Input[],
  named = NAMED,
): Promise<SourceDifference[]> {
  const merges = new Map(inputs.map((input) => [input.source, merge(input, named)]));
  for await (const text of manifest) {
    if (text === '') continue;
    const line = manifestLine.parse(JSON.parse(text));
    const { source } = line;
    const its = merges.get(source) ?? merge({ source, uri: '', objects: [] }, named);
    merges.set(source, its);
    its.earlier(line);
  }
  return [...merges.values()].map((one) => one.end());
}

/** Changes of all sources: a line for each of the first few objects, and how many there are. */
export interface Changes {
  first: string[];
  count: number;
}

export function changesOf(sources: readonly SourceDifference[]): Changes {
  const changes: Changes = { first: [], count: 0 };
  for (const { new: added, changed, gone } of sources) {
    changes.count += gone.count + changed.count + added.count;
    changes.first.push(
      ...gone.first.map((uri) => `${uri} is gone`),
      ...changed.first.map((uri) => `${uri} changed`),
      ...added.first.map((uri) => `${uri} is new`),
    );
  }
  return changes;
}

/** True when every object is as it was. */
export function isUnchanged({ new: added, changed, gone }: SourceDifference): boolean {
  return added.count + changed.count + gone.count === 0;
}

const manifestLine = z.object({
  source: z.string(),
  key: z.string(),
  uri: z.string(),
  size: z.number(),
  etag: z.string(),
});

type Line = z.infer<typeof manifestLine>;

/** Merges the sorted objects of a source with its earlier ones, which come one after the other. */
function merge(
  { source, uri: root, objects }: Pick<Input, 'source' | 'uri' | 'objects'>,
  named: number,
): {
  earlier: (line: Line) => void;
  end: () => SourceDifference;
} {
  const [added, changed, gone] = [counting(named), counting(named), counting(named)];
  const uriOf = ({ key }: ListedObject) => (key === '' ? root : `${root}/${key}`);
  let at = 0;
  let unchanged = 0;
  const addUntil = (key: string | undefined) => {
    for (
      let one = objects[at];
      one !== undefined && (key === undefined || one.key < key);
      one = objects[at]
    ) {
      added.add(uriOf(one));
      at += 1;
    }
  };
  return {
    earlier: ({ key, uri, size, etag }) => {
      addUntil(key);
      const now = objects[at];
      if (now?.key !== key) {
        gone.add(uri);
        return;
      }
      at += 1;
      if (now.size === size && now.etag === etag && uriOf(now) === uri) unchanged += 1;
      else changed.add(uriOf(now));
    },
    end: () => {
      addUntil(undefined);
      return { source, new: added.counted, changed: changed.counted, gone: gone.counted, unchanged };
    },
  };
}

function counting(named: number) {
  const counted = { count: 0, first: [] as string[] };
  return {
    counted,
    add: (uri: string): void => {
      counted.count += 1;
      if (counted.first.length < named) counted.first.push(uri);
    },
  };
}
