/** Which execution of an attempt counts. */
import { stepReport } from '../pipeline/report.ts';
import type { StepReport } from '../pipeline/report.ts';
import type { Accepted } from '../run/verification.ts';
import type { Store } from '../store/store.ts';
import { keys } from './layout.ts';

/**
 * The execution under `attemptKey` that left a complete report with this token; of several, equal in content, the one that
 * was complete first, of equals the first by name. A later one never changes that: whoever looks at another time, such as
 * a step that was given the attempt's folder (`find_execution` in spark-templates/step/upstreams.py), takes the same.
 * A report that cannot be read whole counts as none. Their data files are not listed.
 */
export async function acceptExecution(
  store: Store,
  attemptKey: string,
  token: string,
): Promise<Accepted | undefined> {
  let first: Accepted | undefined;
  for await (const name of store.folders(`${attemptKey}/`)) {
    const found = await readExecution(store, keys.execution(attemptKey, name), token);
    if (found !== undefined && (first === undefined || found.report.endedAt < first.report.endedAt))
      first = found;
  }
  return first;
}

/** The execution in that folder; undefined when its report is missing, broken, or another attempt's. */
export async function readExecution(store: Store, key: string, token: string): Promise<Accepted | undefined> {
  const body = await store.get(keys.report(key));
  const report = body === undefined ? undefined : parseReport(body);
  return report?.token === token ? { step: report.step, key, report } : undefined;
}

function parseReport(body: Uint8Array): StepReport | undefined {
  try {
    return stepReport.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}
