/** A table's file, read and not yet checked. */
import type { FrontMatter } from './shapes.ts';
import type { Locate } from './yaml.ts';

export interface TableFile {
  step: string;
  name: string;
  path: string;
  front: FrontMatter;
  locate: Locate;
  query: string;
  firstLine: number;
}
