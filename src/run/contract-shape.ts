/** What the contract of a table must look like in a plan before it is believed. */
import { z } from 'zod';
import { isName, isTableName } from '../lake/layout.ts';
import { columnType } from '../pipeline/column-type.ts';
import type { Check } from '../pipeline/contract.ts';

export const name = z.string().refine(isName, 'is not the name of a step, a table or a source');
export const tableName = z.string().refine(isTableName, 'is not the name of a table or a source');
const texts = z.array(z.string());
const column = z.string();
const value = z.union([z.string(), z.number(), z.boolean()]);
const limits = { min: z.number().optional(), max: z.number().optional() };

/** By kind of check, the fields that it has beside its severity. */
const CHECKS = {
  not_null: { column },
  unique: { columns: texts },
  accepted_values: { column, values: z.array(value) },
  range: { column, min: value.optional(), max: value.optional() },
  references: { column, table: name, to: z.string() },
  condition: { name, sql: z.string() },
  matched: { column, found: z.string(), warnBelow: z.number(), needs: z.record(name, texts) },
  row_count: { ...limits, equals: name.optional() },
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
  name: tableName,
  columns: z.array(z.looseObject({ name: column, type: columnType, nullable: z.boolean() })),
  key: texts,
  partitionBy: texts,
  sortBy: texts,
  mayBeEmpty: z.boolean(),
  internal: z.boolean(),
  checks: z.array(check),
  rebuild: z.object({ by: texts, when: z.record(name, z.record(column, z.string())).optional() }).optional(),
});

export const dependencies = z.record(name, z.object({ query: z.array(name), checks: z.array(name) }));
