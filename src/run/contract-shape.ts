/** What the contract of a table must look like in a plan before it is believed. */
import { z } from 'zod';
import { isName } from '../lake/layout.ts';
import { COLUMN_TYPES } from '../pipeline/contract.ts';
import type { Check } from '../pipeline/contract.ts';

export const name = z.string().refine(isName, 'is not the name of a step, a table or a source');
const texts = z.array(z.string());
const column = z.string();
const bounds = { min: z.number().optional(), max: z.number().optional() };

/** By kind of check, the fields that it has beside its severity. */
const CHECKS = {
  not_null: { column },
  unique: { columns: texts },
  accepted_values: { column, values: z.array(z.union([z.string(), z.number()])) },
  range: { column, ...bounds },
  references: { column, table: name, to: z.string() },
  condition: { name, sql: z.string() },
  matched: { column, found: z.string(), warnBelow: z.number(), needs: z.record(name, texts) },
  row_count: { ...bounds, equals: name.optional() },
} satisfies Record<Check['check'], z.core.$ZodLooseShape>;

const checkOf = <Kind extends Check['check']>(kind: Kind) =>
  z.looseObject({ check: z.literal(kind), severity: z.enum(['error', 'warn']), ...CHECKS[kind] });

const check = z.discriminatedUnion('check', [
  checkOf('not_null'),
  checkOf('unique'),
  checkOf('accepted_values'),
  checkOf('range'),
  checkOf('references'),
  checkOf('condition'),
  checkOf('matched'),
  checkOf('row_count'),
]);

export const contract = z.looseObject({
  name,
  columns: z.array(z.looseObject({ name: column, type: z.enum(COLUMN_TYPES), nullable: z.boolean() })),
  key: texts,
  partitionBy: texts,
  sortBy: texts,
  mayBeEmpty: z.boolean(),
  internal: z.boolean(),
  checks: z.array(check),
});
