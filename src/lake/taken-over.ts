/** What a step took over from an earlier execution, against what the plan allows. Pure. */
import type { TableContract } from '../pipeline/contract.ts';
import type { ReportedFile, StepReport } from '../pipeline/report.ts';
import type { PlannedStep, RunPlan, StepBase } from '../run/plan.ts';
import type { Finding } from '../run/verification.ts';
import { keys, parseExecution } from './layout.ts';
import { namedFinding } from './named-finding.ts';

interface Output {
  /** Folder of the execution. */
  execution: string;
  report: StepReport;
  /** The report of the execution that the plan lets it build on; undefined if there is none, or if it may be gone by now. */
  base: StepReport | 'gone' | undefined;
}

/** What the plan lets a step take over. */
interface Allowed {
  base: StepBase | undefined;
  report: Output['base'];
}

/**
 * Findings against files of earlier executions that the plan did not let the step take over. None for a carried step: another plan
 * made it.
 */
export function takenOverFindings(
  plan: RunPlan,
  { name, tables }: PlannedStep,
  { execution, report, base }: Output,
): Finding[] {
  if (parseExecution(execution)?.run !== plan.run) return [];
  const allowed = { base: plan.bases?.[name], report: base };
  return [
    ...tables.flatMap((contract) => tableFindings(contract, report, allowed)),
    ...Object.entries(report.sourceTables).flatMap(([source, { files }]) =>
      allowed.base === undefined ? unplanned(source, files) : foreign(source, files, allowed),
    ),
  ];
}

function tableFindings(contract: TableContract, { tables }: StepReport, allowed: Allowed): Finding[] {
  const { name } = contract;
  const reported = tables[name];
  if (reported === undefined) return [];
  const { made, files } = reported;
  const { base } = allowed;
  const wrong = (message: string): Finding[] => [{ severity: 'error', subject: name, message }];
  switch (made.kind) {
    case 'whole':
      return unplanned(name, files);
    case 'carried over':
      if (base?.carryOver.includes(name) !== true)
        return wrong('its step carried it over, which the plan does not allow');
      return [
        ...namedFinding(
          name,
          'its step carried it over, but wrote a data file',
          files.filter((file) => file.in === undefined).map((file) => file.name),
        ),
        ...foreign(name, files, allowed),
        ...leftOut(name, files, allowed, () => true),
      ];
    case 'partitions':
      if (base?.partitions.includes(name) !== true)
        return wrong('its step made only some of its partitions, which the plan does not allow');
      return partitionFindings(contract, { partitions: made.partitions, files }, allowed);
  }
}

const unplanned = (subject: string, files: readonly ReportedFile[]) =>
  namedFinding(
    subject,
    'its step took over a data file of an earlier execution, which the plan does not allow',
    files.filter(isEarlier).map(({ name, in: writer = '' }) => `${writer}/${name}`),
  );

const isEarlier = (file: ReportedFile) => file.in !== undefined;

/** The key of an earlier file, whichever execution reports it. */
const earlierKey = (subject: string, file: ReportedFile) => keys.reported('', subject, file);

/** By key: the files that the execution before has of a table or a source; undefined if that is not known. */
function filesBefore(
  subject: string,
  { base, report }: Allowed,
): ReadonlyMap<string, ReportedFile> | undefined {
  if (base === undefined || report === undefined || report === 'gone') return undefined;
  const files = (report.tables[subject] ?? report.sourceTables[subject])?.files ?? [];
  return new Map(files.map((file) => [keys.reported(base.execution, subject, file), file]));
}

/** Earlier files that are not among those of the execution before. */
function foreign(subject: string, files: readonly ReportedFile[], allowed: Allowed): Finding[] {
  const before = filesBefore(subject, allowed);
  const { base, report } = allowed;
  const taken = files.filter(isEarlier);
  if (report === 'gone' && taken.length > 0) {
    const message =
      'its step took over data files, but the report of the execution that has them is gone or broken';
    return namedFinding(subject, message, [base?.execution ?? '']);
  }
  const keyOf = (file: ReportedFile) => earlierKey(subject, file);
  return namedFinding(
    subject,
    'its step took over a data file that the execution before does not have',
    before === undefined
      ? []
      : taken.filter((file) => before.get(keyOf(file))?.size !== file.size).map(keyOf),
  );
}

/** Files of the execution before that should stay, but that the report does not name. */
function leftOut(
  subject: string,
  files: readonly ReportedFile[],
  allowed: Allowed,
  stays: (file: ReportedFile) => boolean,
): Finding[] {
  const named = new Set(files.filter(isEarlier).map((file) => earlierKey(subject, file)));
  const missing = [...(filesBefore(subject, allowed) ?? [])].filter(
    ([key, file]) => stays(file) && !named.has(key),
  );
  return namedFinding(
    subject,
    'its step left out a data file of the execution before',
    missing.map(([key]) => key),
  );
}

/** Of a partition either all files are new, or all are those of the execution before. */
function partitionFindings(
  { name: table, rebuild }: TableContract,
  { partitions, files }: { partitions: readonly (readonly string[])[]; files: readonly ReportedFile[] },
  allowed: Allowed,
): Finding[] {
  const by = rebuild?.by ?? [];
  const made = new Set(
    partitions.map((values) => by.map((column, at) => `${column}=${values[at] ?? ''}`).join('/')),
  );
  const partitionOf = ({ name }: ReportedFile) => {
    const folders = name.split('/').slice(0, -1);
    return by.flatMap((column) => folders.find((one) => one.startsWith(`${column}=`)) ?? []).join('/');
  };
  // The one file of an empty table is in no partition, and stays only where nothing is made.
  const stays = (file: ReportedFile) =>
    made.size === 0 || (partitionOf(file) !== '' && !made.has(partitionOf(file)));
  const names = (found: readonly ReportedFile[]) => found.map(({ name }) => name);
  return [
    ...foreign(table, files, allowed),
    ...leftOut(table, files, allowed, stays),
    ...namedFinding(
      table,
      'an earlier data file is in a partition that its step made again',
      names(files.filter((file) => isEarlier(file) && made.has(partitionOf(file)))),
    ),
    ...namedFinding(
      table,
      'a new data file is in a partition that its step did not make again',
      names(
        files.filter((file) => !isEarlier(file) && partitionOf(file) !== '' && !made.has(partitionOf(file))),
      ),
    ),
  ];
}
