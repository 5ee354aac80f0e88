/** Input objects that are JSON, but not one object per line: what they are, and what to do. Pure. */
import type { SourceBooks } from '../pipeline/report.ts';
import { place, shellWord } from '../shell-words.ts';

type Misshapen = SourceBooks['misshapen'][number];

const SHAPES: Readonly<Record<Misshapen['shape'], { is: string; are: string; filter: string }>> = {
  array: { is: 'is a JSON array', are: 'are JSON arrays', filter: "'.[]'" },
  object: {
    is: 'holds an object that spans several lines',
    are: 'hold objects that span several lines',
    filter: '.',
  },
};

/**
 * One sentence for each shape: which objects have it, and the command that converts the first of them to one object per
 * line.
 */
export function misshapenSentences(misshapen: readonly Misshapen[]): string[] {
  return misshapen.map(({ shape, objects, sample: [first = ''] }) => {
    const { is, are, filter } = SHAPES[shape];
    const others = objects === 1 ? '' : ` and ${String(objects - 1)} more`;
    const verb = objects === 1 ? is : are;
    return `${place(first)}${others} ${verb}; Landfall reads one object per line: ${toLines(first, filter)}`;
  });
}

/** The shell command that writes the objects of a file, one per line. */
export function toLines(uri: string, filter: string): string {
  const file = shellWord(place(uri));
  const jq = `jq -c ${filter}`;
  const fetch = uri.startsWith('s3://') ? [`aws s3 cp ${file} -`] : [];
  const isPacked = uri.endsWith('.gz');
  if (fetch.length === 0 && !isPacked) return `${jq} ${file} > lines.json`;
  const unpack = isPacked ? [fetch.length === 0 ? `gzip -dc ${file}` : 'gzip -dc'] : [];
  return `${[...fetch, ...unpack, jq].join(' | ')} > lines.json`;
}
