/** What a step took over from an earlier execution, against what the plan allows. Pure. */
import type { TableContract } from '../pipeline/contract.ts';
import type { ReportedFile, StepReport } from '../pipeline/report.ts';
import type { PlannedStep, RunPlan, StepBase } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';
import { parseExecution } from './layout.ts';
import { namedFinding } from './named-finding.ts';

interface Output {
  /** Folder of the execution. */
  execution: string;
  report: StepReport;
}

/**
 * Files of earlier executions that the step may not take over by the plan. Empty for a step that is carried over whole: its own
 * run had another plan.
 */
export function takenOverFindings(
  plan: RunPlan,
  { name, tables }: PlannedStep,
  { execution, report }: Output,
): Finding[] {
  if (parseExecution(execution)?.run !== plan.run) return [];
  const base = plan.bases?.[name];
  const sources = Object.entries(report.sourceTables);
  return [
    ...tables.flatMap((contract) => tableFindings(contract, report, base)),
    ...sources.flatMap(([source, { files }]) => (base === undefined ? unplanned(source, files) : [])),
  ];
}

function tableFindings(
  contract: TableContract,
  { tables }: StepReport,
  base: StepBase | undefined,
): Finding[] {
  const { name } = contract;
  const reported = tables[name];
  if (reported === undefined) return [];
  const { made, files } = reported;
  const wrong = (message: string): Finding[] => [{ severity: 'error', subject: name, message }];
  switch (made.kind) {
    case 'whole':
      return unplanned(name, files);
    case 'carried over':
      if (base?.carryOver.includes(name) !== true) return wrong('its step carried it over, against the plan');
      return namedFinding(
        name,
        'its step carried it over, but wrote a data file',
        files.filter((file) => file.in === undefined).map((file) => file.name),
      );
    case 'partitions':
      if (base?.partitions.includes(name) !== true)
        return wrong('its step made only some of its partitions, against the plan');
      return partitionFindings(contract, made.partitions, files);
  }
}

const unplanned = (subject: string, files: readonly ReportedFile[]) =>
  namedFinding(
    subject,
    'its step took over a data file of an earlier execution, against the plan',
    files.filter((file) => file.in !== undefined).map(({ name, in: writer = '' }) => `${writer}/${name}`),
  );

/** Of a partition either all files are new, or none is. */
function partitionFindings(
  { name: table, rebuild }: TableContract,
  partitions: readonly (readonly string[])[],
  files: readonly ReportedFile[],
): Finding[] {
  const by = rebuild?.by ?? [];
  const made = new Set(
    partitions.map((values) => by.map((column, at) => `${column}=${values[at] ?? ''}`).join('/')),
  );
  const partitionOf = ({ name }: ReportedFile) => {
    const folders = name.split('/').slice(0, -1);
    return by.flatMap((column) => folders.find((one) => one.startsWith(`${column}=`)) ?? []).join('/');
  };
  const isNew = (file: ReportedFile) => file.in === undefined;
  const names = (found: readonly ReportedFile[]) => found.map(({ name }) => name);
  return [
    ...namedFinding(
      table,
      'an earlier data file is in a partition that its step made again',
      names(files.filter((file) => !isNew(file) && made.has(partitionOf(file)))),
    ),
    ...namedFinding(
      table,
      'a new data file is in a partition that its step did not make again',
      // The one file of an empty table is in no partition.
      names(files.filter((file) => isNew(file) && partitionOf(file) !== '' && !made.has(partitionOf(file)))),
    ),
  ];
}
