/** `landfall plan`: what submit would do, and why. */
import type { CliContext, Flags } from '../cli/context.ts';
import type { PlanFlags } from '../cli/run-verbs.ts';
import { formatPlan } from '../report/format-plan.ts';
import { planRun } from '../session/plan-run.ts';

export async function run(flags: PlanFlags & Flags, cli: CliContext): Promise<void> {
  const planned = await planRun(flags, cli);
  cli.printer.result(formatPlan(planned), planned);
}
