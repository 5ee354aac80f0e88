/** The files of a pipeline as they are written: YAML, snake_case, nothing resolved yet. */
import { z } from 'zod';
import { present } from '../present.ts';
import { columnType } from './column-type.ts';
import { RESERVED_NAMES } from '../lake/layout.ts';
import { TIMESTAMP_FORMATS } from './contract.ts';
import { wordOfJavaScript } from './yaml.ts';

/** Names that become paths, views and identifiers: lower case, so that no file system or engine confuses two. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, {
    error: 'expected a name of lower-case letters, digits and "_", starting with a letter',
    abort: true,
  })
  .refine((text) => !(text in Object.prototype), { error: ({ input }) => wordOfJavaScript(String(input)) });
/** The name of a table or a source. */
const tableName = name.refine((text) => !RESERVED_NAMES.has(text), {
  error: ({ input }) => `${String(input)} is a name that every lake uses for itself; choose another name`,
});
/** A field keeps the case that the raw data gives it. `_` at the front is ours. */
const fieldName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
    'expected a name of letters, digits and "_", starting with a letter',
  );
const doc = z.string().trim().min(1);
const severity = z.enum(['error', 'warn']).default('error');
/** A value whose type its field or column says. */
const value = z.union([z.string(), z.number(), z.boolean()]);

const parameter = z.union([
  z.strictObject({ doc, one_of: z.array(name).min(1), default: name }),
  z.strictObject({ doc, list_of: z.array(name).min(1), default: z.array(name).min(1) }),
]);

export const pipelineFile = z.strictObject({
  name,
  parameters: z.record(name, parameter).default({}),
  sources: z.array(tableName).min(1),
  steps: z
    .array(z.strictObject({ name, doc, reads: z.array(name).min(1), writes: z.array(tableName).min(1) }))
    .min(1),
});

const field = z.strictObject({
  name: fieldName,
  type: columnType,
  /** `actor.login`, or `[actor, login]` where a key contains a dot. */
  path: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  format: z.enum(TIMESTAMP_FORMATS).optional(),
  default: value.optional(),
  min: value.optional(),
  below: value.optional(),
  doc,
});

/** Which lines of a source are rows, under the name that queries and `reads` use. */
const view = z.strictObject({
  name,
  doc,
  keep: z
    .strictObject({ field: fieldName, equals: z.union([z.string(), z.number(), z.boolean()]) })
    .optional(),
  required: z.array(fieldName).default([]),
  event_key: z.array(fieldName).min(1).default([]),
});

export const sourceFile = z.strictObject({
  name,
  doc,
  fields: z.array(field).min(1),
  views: z.array(view).min(1),
});

/** `{ parameter: id_type, bigint: BIGINT, text: STRING }`: one type for each word of a choice. */
const typeByParameter = z
  .object({ parameter: name })
  .catchall(columnType)
  .transform(({ parameter, ...types }) => ({ parameter, types }));

const column = z.strictObject({
  name,
  type: z.union([columnType, typeByParameter]),
  nullable: z.boolean().default(true),
  hash_bits: z.number().int().min(1).max(63).optional(),
  doc,
});

const check = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('not_null'), severity, column: name }),
  z.strictObject({ check: z.literal('unique'), severity, columns: z.array(name).min(1) }),
  z.strictObject({
    check: z.literal('accepted_values'),
    severity,
    column: name,
    values: z.array(value).min(1),
  }),
  z.strictObject({
    check: z.literal('range'),
    severity,
    column: name,
    min: value.optional(),
    max: value.optional(),
  }),
  z.strictObject({ check: z.literal('references'), severity, column: name, table: name, to: name }),
  z.strictObject({ check: z.literal('condition'), severity, name, sql: doc }),
  z.strictObject({
    check: z.literal('matched'),
    severity: z.literal('warn').default('warn'),
    column: name,
    found: doc,
    warn_below: z.number().min(0).max(1).default(0),
    needs: z.record(name, z.array(fieldName).min(1)).default({}),
  }),
  z.strictObject({
    check: z.literal('row_count'),
    severity,
    min: z.number().int().nonnegative().optional(),
    max: z.number().int().nonnegative().optional(),
    equals: name.optional(),
  }),
]);

export const frontMatter = z.strictObject({
  doc,
  columns: z.array(column).min(1),
  key: z.array(name).min(1),
  partition_by: z.union([z.array(name), z.strictObject({ parameter: name })]).default([]),
  sort_by: z.array(name).min(1).optional(),
  may_be_empty: z.boolean().default(false),
  internal: z.boolean().default(false),
  checks: z.array(check).default([]),
  rebuild: z
    .strictObject({
      by: z.array(name).min(1),
      /** By table of an earlier step: its columns, and the field of a view that each is compared with. */
      when: z
        .record(
          name,
          z.record(name, fieldName).refine((columns) => Object.keys(columns).length > 0, {
            error: 'expected at least one column, and the field that it is compared with',
          }),
        )
        .optional(),
    })
    .optional(),
  resolves: z
    .strictObject({ view: name, by: z.array(fieldName).min(1), comparing: z.array(fieldName).min(1) })
    .optional(),
});

export type PipelineFile = z.infer<typeof pipelineFile>;
export type SourceFile = z.infer<typeof sourceFile>;
export type FrontMatter = z.infer<typeof frontMatter>;

/** A step of the pipeline, by a name that is known to be there. */
export function stepNamed({ steps }: PipelineFile, name: string): PipelineFile['steps'][number] {
  return present(
    steps.find((step) => step.name === name),
    `step ${name}`,
  );
}
