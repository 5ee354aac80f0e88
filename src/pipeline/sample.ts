/** The description of a pipeline's sample data, once sample.yaml is read and checked. Plain data. */

export type Scalar = string | number | boolean | null;

/** Numbers in [from, below). */
export interface Range {
  from: number;
  below: number;
}

/** Names a value of the same row (`ts`), or a value of a row that it refers to (`user.name`). */
export type Reference = string;

/** A piece of a text, or the value whose text stands there. */
export type TextPart = string | { value: Reference };

/** A piece of a code, or characters of which some are chosen at random. */
export type CodePart = string | { characters: string; count: number };

/** How a value is made. Times are epoch milliseconds. */
export type Generator =
  | { kind: 'constant'; value: Scalar }
  | { kind: 'choice'; values: readonly { value: Scalar; weight: number }[] }
  | { kind: 'some_of'; values: readonly Scalar[]; count: Range }
  | { kind: 'number'; range: Range; digits: number }
  /** Counts upwards; begins again for each row of `forEach`. */
  | { kind: 'sequence'; start: number }
  /** Null when one of its values is null. */
  | { kind: 'text'; parts: readonly TextPart[] }
  | { kind: 'code'; parts: readonly CodePart[] }
  | { kind: 'from'; reference: Reference }
  | { kind: 'row_of'; rows: string }
  | { kind: 'moment'; range: Range }
  /** Each is later than the one before by some seconds; begins again for each row of `forEach`. */
  | { kind: 'walk'; from: number | Reference; step: Range }
  | { kind: 'time'; of: Reference; format: string };

export type Generators = Readonly<Record<string, Generator>>;

export interface GeneratedRows {
  kind: 'generated';
  name: string;
  /** Rows in all, or for each row of `forEach`. */
  count: Range;
  /** The name of earlier rows. */
  forEach?: string;
  /** Values that are not written: for the row's own references, and for those of rows that refer to it. */
  hidden: Generators;
  /** By path in the JSON object, dots between the keys of nested objects. */
  fields: Generators;
  /** Fields that are made in another way; which case applies is chosen by weight. */
  cases: readonly { weight: number; fields: Generators }[];
}

export interface GivenRows {
  kind: 'given';
  name: string;
  rows: readonly Readonly<Record<string, Scalar>>[];
}

export interface RepeatedLine {
  /** How many rows come before each repeated one. */
  every: number;
  /** Fields that differ from those of the line before. */
  with: Readonly<Record<string, Scalar>>;
  /** The line stops in the middle. */
  cut: boolean;
}

export interface SampleFiles {
  source: string;
  rows: string;
  /** Below the source's folder. Rows with the same path are the lines of one file. */
  path: readonly TextPart[];
  repeats: readonly RepeatedLine[];
}

export interface SampleData {
  seed: number;
  /** In the order in which they are made. */
  rows: readonly (GeneratedRows | GivenRows)[];
  /** A source without files cannot be generated. */
  files: readonly SampleFiles[];
}
