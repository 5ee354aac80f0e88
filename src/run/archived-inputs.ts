/** Inputs that S3 has archived: no step could read them. Pure. */
import { counted, count } from '../counted.ts';
import type { Diagnostic } from '../faults.ts';

/** A listed object, as far as this is about it. */
export interface MaybeArchived {
  key: string;
  lastModified: Date;
  /** The storage class, when the object cannot be read before it is restored. */
  archive?: string;
  /** It is of a class whose lists do not tell. */
  mayBeArchived?: true;
}

export interface Archived {
  /** By storage class. */
  classes: Readonly<Record<string, number>>;
  /** Keys of the first few. */
  first: readonly string[];
  /** Of the objects whose class does not tell, the oldest: S3 archives objects that nobody reads. */
  oldest: readonly string[];
}

/** Objects that are named. */
const NAMED = 3;
/** Objects that are asked for one by one, of those that may be archived. */
const OLDEST = 20;

/** Gathers what is archived while objects are listed, without keeping them. */
export function gatherArchived(): { look: (object: MaybeArchived) => void; found: () => Archived } {
  const classes: Record<string, number> = {};
  const first: string[] = [];
  let oldest: MaybeArchived[] = [];
  return {
    look: (object) => {
      const { key, archive, mayBeArchived, lastModified } = object;
      if (archive !== undefined) {
        classes[archive] = (classes[archive] ?? 0) + 1;
        if (first.length < NAMED) first.push(key);
      } else if (mayBeArchived === true) {
        const last = oldest.at(OLDEST - 1);
        if (last !== undefined && last.lastModified <= lastModified) return;
        const all = [...oldest, object];
        oldest = all.sort((a, b) => a.lastModified.getTime() - b.lastModified.getTime()).slice(0, OLDEST);
      }
    },
    found: () => ({ classes, first, oldest: oldest.map(({ key }) => key) }),
  };
}

/** `asked`: what a look at each of the oldest showed. */
export function archivedFinding(
  uri: string,
  { classes, first, oldest }: Archived,
  asked: readonly { key: string; archive?: string }[],
): Diagnostic[] {
  const more = asked.filter(({ archive }) => archive !== undefined);
  const listed = Object.values(classes).reduce((sum, objects) => sum + objects, 0);
  const all = listed + more.length;
  if (all === 0) return [];
  const named = [...first, ...more.map(({ key }) => key)].slice(0, NAMED);
  const kinds = Object.entries(classes).map(([name, objects]) => `${count(objects)} ${name}`);
  const tiering = `${count(more.length)} of the ${count(oldest.length)} oldest in ${more[0]?.archive ?? ''}`;
  const which = [...kinds, ...(more.length === 0 ? [] : [tiering])].join(', ');
  const rest = all === named.length ? '' : ` and ${count(all - named.length)} more`;
  const least = more.length === 0 ? '' : 'at least ';
  return [
    {
      severity: 'error',
      at: uri,
      message: `${least}${counted(all, 'object')} here cannot be read, because S3 has archived them (${which}): ${named.join(', ')}${rest}`,
      hint: 'restore them (aws s3api restore-object) and wait until that is done, or name an input without them',
    },
  ];
}
