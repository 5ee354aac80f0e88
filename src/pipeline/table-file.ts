/** A table's file, read and not yet checked. */
import type { FrontMatter } from './shapes.ts';
import type { LineOf, Locate } from './yaml.ts';

export interface TableFile {
  step: string;
  name: string;
  path: string;
  front: FrontMatter;
  locate: Locate;
  lineOf: LineOf;
  query: string;
  firstLine: number;
}
