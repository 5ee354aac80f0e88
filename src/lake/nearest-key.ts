/** The key of the raw data that was probably meant, where a field has no value in any line. Pure. */
import { nearest } from '../nearest.ts';
import { elementOf } from '../pipeline/column-type.ts';
import type { ViewBooks } from '../pipeline/report.ts';

type UnknownField = ViewBooks['unknown'][number];
type OtherKey = ViewBooks['otherKeys'][number];

/** How many keys are named when none of them is near. */
const SHOWN = 5;

/**
 * "no line of orders has price; the most similar key is amount". `synonyms`: names that stand for the same thing
 * elsewhere in the pipeline.
 */
export function unknownFieldSentence(
  view: string,
  { key: field, type, occurs }: UnknownField,
  otherKeys: readonly OtherKey[],
  synonyms: readonly string[] = [],
): string {
  if (occurs) return `${field} is null or blank in every line of ${view}`;
  const missing = `no line of ${view} has ${field}`;
  const keys = otherKeys.filter(({ kind }) => holds(type, kind)).map(({ key }) => key);
  const near = nearKey(field, keys, synonyms);
  if (near !== undefined) return `${missing}; the most similar key is ${near}`;
  if (keys.length === 0) return `${missing}, and no other key could be it`;
  const more = keys.length > SHOWN ? ` and ${String(keys.length - SHOWN)} more` : '';
  return `${missing}; keys that no field uses: ${keys.slice(0, SHOWN).join(', ')}${more}`;
}

/** By spelling, then by one name containing the other, then by the names of the same thing elsewhere. */
function nearKey(field: string, keys: readonly string[], synonyms: readonly string[]): string | undefined {
  const names = [field, ...synonyms];
  const folded = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const same = (name: string) => keys.find((key) => folded(key) === folded(name));
  const spelled = (name: string) => nearest(name, keys);
  const holding = (name: string) =>
    keys.find((key) => contains(folded(key), folded(name)) || contains(folded(name), folded(key)));
  for (const find of [same, spelled, holding]) {
    const found = names.map(find).find((key) => key !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Short names are contained in too many others. */
function contains(whole: string, part: string): boolean {
  return part.length >= 4 && whole.includes(part);
}

/** Whether the values of a key would fit a field of the type. */
function holds(type: UnknownField['type'], kind: string): boolean {
  if (elementOf(type) !== undefined) return kind === 'list';
  if (type === 'BOOLEAN') return kind === 'boolean' || kind === 'text';
  if (type === 'DATE') return kind === 'text';
  if (type === 'STRING' || type === 'TIMESTAMP') return kind === 'text' || kind === 'number';
  return kind === 'number';
}
