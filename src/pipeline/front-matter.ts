/** A table's file: its contract between two lines of `---`, then its query. */
import type { Diagnostic } from '../faults.ts';
import { mistake, placeOf } from './template-file.ts';
import type { TemplateFile } from './template-file.ts';

export interface TableText {
  /** The YAML, which starts on line 2 of the file. */
  front: string;
  query: string;
  /** The file's line of the query's first line. */
  firstLine: number;
}

/** Takes a table's file apart, or tells what is wrong with it. */
export function splitFrontMatter({ path, text }: TemplateFile): TableText | Diagnostic {
  const lines = text.split('\n');
  if (lines[0] !== '---')
    return mistake(
      placeOf(path, 1),
      'the file does not start with its contract',
      'start it with a line of ---',
    );
  const end = lines.indexOf('---', 1);
  if (end === -1) return mistake(placeOf(path, 1), 'the contract has no end', 'end it with a line of ---');
  const query = lines.slice(end + 1).join('\n');
  if (query.trim() === '') return mistake(placeOf(path, end + 1), 'no query follows the contract');
  return { front: lines.slice(1, end).join('\n'), query, firstLine: end + 2 };
}
