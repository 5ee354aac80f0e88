/** Whether hashes that identify rows are long enough for the rows that the inputs can make. Pure. */
import { count } from '../counted.ts';
import type { Diagnostic } from '../faults.ts';
import type { Column, SourceContract, TableContract, TableTemplate } from '../pipeline/contract.ts';
import type { Beginning } from './first-line.ts';
import type { Input } from './input-manifest.ts';

/** The probability of two equal hashes that a run may have. Its check of the key would fail, after hours. */
const MOST_LIKELY = 0.005;

export interface HashedTable extends Pick<TableTemplate, 'varying'> {
  contract: TableContract;
}

/** An error for each hash that is too short for a table with a row for each line of a source. */
export function shortHashes(
  tables: readonly HashedTable[],
  sources: readonly SourceContract[],
  inputs: readonly Input[],
  beginnings: readonly Beginning[],
): Diagnostic[] {
  return tables.flatMap((table) => {
    const source = sourceOfRows(table.contract, sources);
    const input = inputs.find((one) => one.source === source);
    const beginning = beginnings.find((one) => one.source === source);
    const lines = input === undefined || beginning === undefined ? undefined : linesOf(input, beginning);
    if (lines === undefined) return [];
    return table.contract.columns.flatMap((column) => shortHash(table, column, lines, source ?? ''));
  });
}

/** The source that has a line for each row of the table, and perhaps more. */
function sourceOfRows({ checks }: TableContract, sources: readonly SourceContract[]): string | undefined {
  const views = checks.flatMap((check) => (check.check === 'row_count' ? (check.equals ?? []) : []));
  return sources.find((source) => source.views.some(({ name }) => views.includes(name)))?.name;
}

/** About how many lines all objects have, if they are like the one whose beginning is known. */
function linesOf({ bytes }: Input, { text, isWhole, stored }: Beginning): number | undefined {
  const ends = text.split('\n').length - 1;
  const lines = isWhole && !text.endsWith('\n') ? ends + 1 : ends;
  return lines === 0 || stored === 0 ? undefined : bytes / (stored / lines);
}

/** A text of hex digits is long enough: only numbers are limited. */
function shortHash(
  { contract, varying }: HashedTable,
  { name, type, hashBits }: Column,
  rows: number,
  source: string,
): Diagnostic[] {
  if (hashBits === undefined || type === 'STRING') return [];
  const likely = -Math.expm1(-(rows ** 2) / 2 ** (hashBits + 1));
  if (likely <= MOST_LIKELY) return [];
  const choice = varying.types[name];
  const words = Object.entries(choice?.types ?? {}).flatMap(([word, one]) =>
    one === 'STRING' ? [word] : [],
  );
  const percent = (likely * 100).toPrecision(2);
  return [
    {
      severity: 'error',
      at: `${contract.name}.${name}`,
      message: `a hash of ${String(hashBits)} bits is too short: ${source} has about ${count(Number(rows.toPrecision(2)))} lines, so two rows of ${contract.name} would get the same one with a probability of ${percent} %`,
      hint:
        choice === undefined || words.length === 0
          ? 'make it a longer hash, as STRING'
          : `set [TABLES] ${choice.parameter} = ${words.join(' or ')}`,
    },
  ];
}
