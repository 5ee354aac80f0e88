/** The port `Lake` over a store. */
import type { ReportedFile } from '../pipeline/report.ts';
import { present } from '../present.ts';
import { madeOf } from '../run/made-of.ts';
import type { Lake } from '../run/ports.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Accepted, Verification } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { acceptExecution, readExecution, reportOf } from './accept.ts';
import { inspectTable } from './inspect.ts';
import type { InspectedTable } from './inspect.ts';
import { QUARANTINE, keys } from './layout.ts';
import { mirror } from './mirror.ts';
import type { OnTable } from './mirror.ts';
import { publish } from './publication.ts';
import { unknownObjectsFindings } from './unknown-objects.ts';
import { verification } from './verify.ts';
import type { StepOutput } from './verify.ts';

export interface LakeNeeds {
  /** This driver's id; it is written into the publication. */
  driver: string;
  /** Called after each mirrored table. */
  onTable?: OnTable;
}

/** The lake's tables, as a run needs them. */
export function createLake(store: Store, { driver, onTable }: LakeNeeds): Lake {
  return {
    acceptExecution: (attemptKey, token) => acceptExecution(store, attemptKey, token),
    readExecution: (key, token) => readExecution(store, key, token),
    verify: async (plan, accepted) => {
      const verified = await verify(store, plan, accepted, { isLanding: true });
      const findings = [...verified.findings, ...(await unknownObjectsFindings(store, plan))];
      return { ...verified, findings };
    },
    publish: async (plan, { tables, kept }, executions) => {
      const { run, publication: number } = plan;
      const candidate = { number, run, driver, tables, kept, madeOf: madeOf(plan, executions) };
      return (await publish(store, candidate)) === 'published';
    },
    mirror: () => mirror(store, onTable),
  };
}

/**
 * Checks these executions against the plan's contracts, by what is in the lake. `isLanding`: they are not published yet. The
 * executions that they build on must be there until then; later gc may remove them.
 */
export async function verify(
  store: Store,
  plan: RunPlan,
  accepted: readonly Accepted[],
  { isLanding = false } = {},
): Promise<Verification> {
  const outputs = new Map<string, StepOutput>();
  for (const { step, key, report } of accepted) {
    const { tables: contracts } = present(
      plan.steps.find(({ name }) => name === step),
      `step ${step} in the plan`,
    );
    const inspect = (table: string, files: readonly ReportedFile[]) => {
      const earlier = files.filter((file) => file.in !== undefined);
      const named = earlier.map((file) => keys.reported(key, table, file));
      return inspectTable(store, keys.table(key, table), named);
    };
    const tables = new Map<string, InspectedTable>();
    for (const { name } of contracts) tables.set(name, await inspect(name, report.tables[name]?.files ?? []));
    const hasRejected = Object.values(report.sources).some(({ lines }) => lines.quarantined > 0);
    const quarantine = hasRejected ? await inspectTable(store, keys.table(key, QUARANTINE)) : undefined;
    const sourceTables = new Map<string, InspectedTable>();
    for (const [source, { files }] of Object.entries(report.sourceTables))
      sourceTables.set(source, await inspect(source, files));
    const { execution: earlier } = plan.bases?.[step] ?? {};
    const before = earlier === undefined ? undefined : await reportOf(store, earlier);
    const base = before ?? (isLanding && earlier !== undefined ? 'gone' : undefined);
    outputs.set(step, { execution: key, report, base, tables, quarantine, sourceTables });
  }
  return verification(plan, outputs);
}
