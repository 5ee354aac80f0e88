/** Refuses places that our own store can use and Spark cannot, before a step fails on them. */
import type { Diagnostic } from '../faults.ts';
import { bucketNameOf } from '../store/uri.ts';

/** A host name as Java reads one out of a URI; of several labels the last begins with a letter. */
const HOST = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;
const LAST_LABEL = /\.[^a-z.][^.]*$/i;

/** Why Spark cannot read or write here, by its S3 client or its globbing of paths; undefined when it can. */
function whyNot(uri: string): Omit<Diagnostic, 'severity' | 'at'> | undefined {
  const bucket = bucketNameOf(uri);
  if (bucket !== undefined && (!HOST.test(bucket) || LAST_LABEL.test(bucket))) {
    return {
      message: `Spark cannot reach the bucket ${bucket}: its name is not a host name`,
      hint: 'a bucket for Spark has letters, digits, hyphens and dots only, and ends neither in a hyphen nor in a dot and digits',
    };
  }
  const path = uri.replace(/^[a-z0-9]+:\/\//, '');
  if (!path.includes(':') || !/[[\]{}*?\\]/.test(path)) return undefined;
  return {
    message: `Spark cannot read ${uri}: a colon stands beside one of [ ] { } * ? \\ in it`,
    hint: 'choose a path without the colon, or without the others',
  };
}

/** What is wrong with the lake and the inputs, each reported at its origin. */
export function checkSparkPlaces(
  { lake, sources }: { lake: { path: string }; sources: Readonly<Record<string, string>> },
  origins: ReadonlyMap<string, string>,
): Diagnostic[] {
  const places = [
    ['lake.path', lake.path],
    ...Object.entries(sources).map(([name, uri]) => [`sources.${name}`, uri]),
  ] as const;
  return places.flatMap(([id = '', uri = '']) => {
    const wrong = whyNot(uri);
    return wrong === undefined ? [] : [{ severity: 'error', at: origins.get(id) ?? id, ...wrong }];
  });
}
