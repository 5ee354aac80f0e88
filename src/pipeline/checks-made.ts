/** How many checks a run's steps made, and how many of them held. Pure. */
import type { StepReport } from './report.ts';

export interface ChecksMade {
  passed: number;
  /** Those that did not hold: warnings, where a run landed. */
  broken: number;
}

export function checksMade(reports: readonly Pick<StepReport, 'tables'>[]): ChecksMade {
  const tables = reports.flatMap((report) => Object.values(report.tables));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const broken = sum(tables.map(({ violations }) => violations.length));
  return { passed: sum(tables.map(({ checks }) => checks)) - broken, broken };
}
