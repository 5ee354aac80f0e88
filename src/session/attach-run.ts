/** Follows a run, or continues it when its driver is gone. */
import type { AttachFlags } from '../cli/run-verbs.ts';
import { LandfallError } from '../faults.ts';
import type { Outcome } from '../report/outcome.ts';
import type { Staging } from '../run/drive.ts';
import { submitLike } from '../report/standing.ts';
import type { RunPlan } from '../run/plan.ts';
import { earlierRun } from './earlier-run.ts';
import { listInputs } from './list-inputs.ts';
import { digestsOf, render, stagingOf } from './prepare.ts';
import { resumeRun } from './resume.ts';
import { withInputsOf } from './configure.ts';
import type { Configured } from './configure.ts';
import { watchFlags } from './watch.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export async function attachRun(flags: AttachFlags & Flags, cli: CliContext): Promise<Outcome> {
  const watch = watchFlags(flags);
  const { store, run, plan, trustLake, configured } = await earlierRun('attach', flags, cli);
  const settings = withInputsOf(plan, configured.settings);
  const staging = () => stageAgain(cli, { ...configured, settings }, plan);
  return resumeRun(cli, {
    settings,
    inputs: configured.settings.sources,
    store,
    run,
    staging,
    watch,
    takeOver: flags['take-over'] === true,
    rendered: () => digestsOf(render({ ...configured, settings })),
    trustLake,
  });
}

/**
 * What a driver that died before staging would have staged; throws `input` when it cannot be reproduced as planned.
 */
async function stageAgain(cli: CliContext, configured: Configured, plan: RunPlan): Promise<Staging> {
  const rendered = render(configured);
  const manifest = await listInputs(configured.settings, cli);
  const differs = [
    ...plan.steps
      .filter(({ name, digest }) => rendered.steps.find((step) => step.name === name)?.digest !== digest)
      .map(({ name }) => `step ${name}`),
    ...(manifest.digest === plan.inputsDigest ? [] : ['the inputs']),
  ];
  if (differs.length > 0) {
    throw new LandfallError(
      'input',
      `run ${plan.run} was never staged, and ${differs.join(', ')} changed since it was planned`,
      {
        stand: ['nothing was started'],
        next: submitLike(plan),
      },
    );
  }
  return stagingOf(rendered, manifest);
}
