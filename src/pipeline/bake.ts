/** Contracts as the Python program holds them: snake_case, without the prose, which may change without a new run. */
import { present } from '../present.ts';
import type { Check, Column, SourceContract, SourceField, TableContract, View } from './contract.ts';

/** `views`: those that the step reads. */
export function bakedSource({ name, fields }: SourceContract, views: readonly View[]) {
  return {
    name,
    fields: fields.map((field) => ({
      name: field.name,
      type: field.type,
      path: field.path,
      ...(field.format === undefined ? {} : { format: field.format }),
      ...(field.default === undefined ? {} : { default: field.default }),
      ...(field.min === undefined ? {} : { min: field.min }),
      ...(field.below === undefined ? {} : { below: field.below }),
    })),
    views: views.map((view) => bakedView(view, fields)),
  };
}

function bakedView({ name, keep, required, eventKey }: View, fields: readonly SourceField[]) {
  const type = fields.find((field) => field.name === keep?.field)?.type;
  return {
    name,
    keep: keep === undefined || type === undefined ? null : { field: keep.field, equals: keep.equals, type },
    required,
    event_key: eventKey,
  };
}

/** `conditionLines`: by condition, the line in the table's template. */
export function bakedTable(
  { resolves, ...contract }: TableContract,
  conditionLines: Readonly<Record<string, number>>,
) {
  return {
    name: contract.name,
    columns: contract.columns.map(bakedColumn),
    key: contract.key,
    partition_by: contract.partitionBy,
    sort_by: contract.sortBy,
    may_be_empty: contract.mayBeEmpty,
    checks: contract.checks.map((check) => bakedCheck(check, conditionLines)),
    resolves: resolves ?? null,
    rebuild_by: contract.rebuild?.by ?? [],
    rebuild_when: contract.rebuild?.when ?? {},
  };
}

function bakedCheck(check: Check, conditionLines: Readonly<Record<string, number>>) {
  if (check.check !== 'condition') return check;
  return { ...check, line: present(conditionLines[check.name], `line of the condition ${check.name}`) };
}

/** As much of a table as a step that reads it needs. */
export function bakedUpstream({ name, columns }: TableContract) {
  return { name, columns: columns.map(bakedColumn) };
}

const bakedColumn = ({ name, type, nullable }: Column) => ({ name, type, nullable });
