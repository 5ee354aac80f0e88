/** Which execution of an attempt counts. */
import { stepReport } from '../pipeline/report.ts';
import type { StepReport } from '../pipeline/report.ts';
import type { Accepted } from '../run/verification.ts';
import type { Store } from '../store/store.ts';

/**
 * The execution under `attemptKey` that left a complete report with this token; of several, equal in content, the first
 * by name, so that every driver takes the same. A report that cannot be read whole counts as none. Their data files are
 * not listed.
 */
export async function acceptExecution(store: Store, attemptKey: string, token: string): Promise<Accepted | undefined> {
  for await (const name of store.folders(`${attemptKey}/`)) {
    const key = `${attemptKey}/${name}`;
    const body = await store.get(`${key}/report.json`);
    const report = body === undefined ? undefined : parseReport(body);
    if (report?.token === token) return { step: report.step, key, report };
  }
  return undefined;
}

function parseReport(body: Uint8Array): StepReport | undefined {
  try {
    return stepReport.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}
