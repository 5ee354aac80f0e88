/** The port `Lake` over a store. */
import { present } from '../present.ts';
import { madeOf } from '../run/made-of.ts';
import type { Lake } from '../run/ports.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Accepted, Verification } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { acceptExecution, readExecution } from './accept.ts';
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
      const { tables, findings } = await verify(store, plan, accepted);
      return { tables, findings: [...findings, ...(await unknownObjectsFindings(store, plan))] };
    },
    publish: async (plan, { tables }, executions) => {
      const { run, publication: number } = plan;
      const candidate = { number, run, driver, tables, madeOf: madeOf(plan, executions) };
      return (await publish(store, candidate)) === 'published';
    },
    mirror: () => mirror(store, onTable),
  };
}

/** Checks these executions against the plan's contracts, by what is in the lake. */
export async function verify(
  store: Store,
  plan: RunPlan,
  accepted: readonly Accepted[],
): Promise<Verification> {
  const outputs = new Map<string, StepOutput>();
  for (const { step, key, report } of accepted) {
    const { tables: contracts } = present(
      plan.steps.find(({ name }) => name === step),
      `step ${step} in the plan`,
    );
    const tables = new Map<string, InspectedTable>();
    for (const { name } of contracts) tables.set(name, await inspectTable(store, keys.table(key, name)));
    const hasRejected = Object.values(report.sources).some(({ lines }) => lines.quarantined > 0);
    const quarantine = hasRejected ? await inspectTable(store, keys.table(key, QUARANTINE)) : undefined;
    const sourceTables = new Map<string, InspectedTable>();
    for (const source of Object.keys(report.sourceTables))
      sourceTables.set(source, await inspectTable(store, keys.table(key, source)));
    outputs.set(step, { report, tables, quarantine, sourceTables });
  }
  return verification(plan, outputs);
}
