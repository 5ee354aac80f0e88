/**
 * How the tables of two plans differ in shape. A retry may fix queries; other tables or columns are another run. Pure.
 */
import type { RunPlan } from './plan.ts';

type Shaped = Pick<RunPlan, 'steps'>;

/** Steps, tables, columns and partitions that differ, a line each; empty when a retry may replace the one by the other. */
export function shapeDifferences(before: Shaped, after: Shaped): string[] {
  const [old, now] = [stepsOf(before), stepsOf(after)];
  return [
    ...missing(old, now).map((name) => `step ${name} is gone`),
    ...missing(now, old).map((name) => `step ${name} is new`),
    ...[...old].flatMap(([name, tables]) => stepDifferences(name, tables, now.get(name))),
  ];
}

type Tables = ReadonlyMap<string, RunPlan['steps'][number]['tables'][number]>;

const stepsOf = ({ steps }: Shaped): ReadonlyMap<string, Tables> =>
  new Map(steps.map(({ name, tables }) => [name, new Map(tables.map((table) => [table.name, table]))]));

function missing(from: ReadonlyMap<string, unknown>, inThese: ReadonlyMap<string, unknown>): string[] {
  return [...from.keys()].filter((name) => !inThese.has(name));
}

function stepDifferences(step: string, old: Tables, now: Tables | undefined): string[] {
  if (now === undefined) return [];
  return [
    ...missing(old, now).map((name) => `step ${step} no longer writes table ${name}`),
    ...missing(now, old).map((name) => `step ${step} writes a new table, ${name}`),
    ...[...old].flatMap(([name, table]) => tableDifferences(name, table, now.get(name))),
  ];
}

function tableDifferences(name: string, old: TableShape, now: TableShape | undefined): string[] {
  if (now === undefined) return [];
  const [before, after] = [typesOf(old), typesOf(now)];
  const changed = [...before].filter(([column, type]) => after.has(column) && after.get(column) !== type);
  const [were, are] = [old, now].map(({ partitionBy }) => partitionBy.join(', ') || 'nothing');
  return [
    ...missing(before, after).map((column) => `${name}.${column} is gone`),
    ...missing(after, before).map((column) => `${name}.${column} is new`),
    ...changed.map(([column, type]) => `${name}.${column} is ${after.get(column) ?? ''}, and was ${type}`),
    ...(were === are ? [] : [`${name} is partitioned by ${are ?? ''}, and was by ${were ?? ''}`]),
  ];
}

type TableShape = RunPlan['steps'][number]['tables'][number];

const typesOf = ({ columns }: TableShape): ReadonlyMap<string, string> =>
  new Map(columns.map(({ name, type }) => [name, type]));
