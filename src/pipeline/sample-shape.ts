/** sample.yaml as it is written: YAML, nothing resolved yet. */
import { z } from 'zod';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'expected a name of lower-case letters, digits and "_", starting with a letter',
  )
  .refine((text) => !(text in Object.prototype), 'is a word of JavaScript; choose another name');
const path = z
  .string()
  .regex(/^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/, 'expected names of letters, digits and "_", with dots between them')
  .refine(
    (text) => text.split('.').every((key) => !(key in Object.prototype)),
    'holds a word of JavaScript; choose another name',
  );
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const range = z
  .strictObject({ from: z.number(), below: z.number() })
  .refine(({ from, below }) => from < below, 'no value is at least `from` and less than `below`');
const wholeRange = z
  .strictObject({ from: z.number().int().nonnegative(), below: z.number().int().max(100_000) })
  .refine(({ from, below }) => from < below, 'no number is at least `from` and less than `below`');
const count = z.union([z.number().int().positive().max(100_000), wholeRange]);

/** One of the ways to make a value, with the keys that belong to it: `check-sample.ts` says which. */
const generator = z.strictObject({
  choice: z.array(scalar).min(1).optional(),
  weights: z.array(z.number().nonnegative()).min(1).optional(),
  some_of: z.array(scalar).min(1).optional(),
  count: wholeRange.optional(),
  number: range.optional(),
  digits: z.number().int().min(0).max(9).optional(),
  sequence: z.number().int().optional(),
  text: z.string().optional(),
  code: z.string().max(200).optional(),
  from: path.optional(),
  row_of: name.optional(),
  moment: z.strictObject({ from: z.string(), below: z.string() }).optional(),
  walk: z.strictObject({ from: z.string(), step: range }).optional(),
  time: path.optional(),
  as: z.string().min(1).optional(),
});

const fields = z.record(path, z.union([generator, scalar]));

const rows = z.strictObject({
  given: z.array(z.record(name, scalar)).min(1).optional(),
  for_each: name.optional(),
  count: count.optional(),
  hidden: z.record(name, generator).optional(),
  fields: fields.optional(),
  cases: z
    .array(z.strictObject({ weight: z.number().positive(), fields }))
    .min(1)
    .optional(),
});

export const sampleFile = z.strictObject({
  doc: z.string().trim().min(1),
  seed: z.number().int().nonnegative().default(1),
  rows: z.record(name, rows),
  files: z
    .array(
      z.strictObject({
        source: name,
        rows: name,
        path: z.string().min(1),
        repeats: z
          .array(
            z.strictObject({
              every: z.number().int().positive(),
              with: z.record(path, scalar).default({}),
              cut: z.boolean().default(false),
            }),
          )
          .default([]),
      }),
    )
    .min(1),
});

export type SampleFile = z.infer<typeof sampleFile>;
export type GeneratorFile = z.infer<typeof generator>;
export type RowsFile = z.infer<typeof rows>;
