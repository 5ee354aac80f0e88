/** Follows a run, or continues it when its driver is gone. */
import type { AttachFlags } from '../cli/run-verbs.ts';
import { LandfallError } from '../faults.ts';
import type { Outcome } from '../report/outcome.ts';
import type { Staging } from '../run/drive.ts';
import { submitLike } from '../report/standing.ts';
import { readState } from '../run/read-journal.ts';
import type { RunPlan } from '../run/plan.ts';
import { place } from '../shell-words.ts';
import { madeHere } from './plan-trust.ts';
import { asPlanned } from './as-planned.ts';
import { refuseForeignLake } from './lake-owner.ts';
import { chosenRun } from './chosen-run.ts';
import { openLake } from './compose.ts';
import { listInputs } from './list-inputs.ts';
import { digestsOf, render, stagingOf } from './prepare.ts';
import { resumeRun } from './resume.ts';
import { configure, configureLake, withInputsOf } from './configure.ts';
import type { Configured } from './configure.ts';
import { watchFlags } from './watch.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export async function attachRun(flags: AttachFlags & Flags, cli: CliContext): Promise<Outcome> {
  const watch = watchFlags(flags);
  const store = await openLake(configureLake(flags, cli), cli);
  refuseForeignLake(store, flags, cli);
  const name = await chosenRun(flags, store);
  const { plan } = await readState(store, name);
  const trusted = flags['trust-lake'] === true || madeHere(cli, store, plan);
  const planned = asPlanned(flags, cli, plan, { strict: false, trusted });
  const configured = configure('attach', { ...planned.flags, lake: place(store.uri) }, planned.cli);
  const settings = withInputsOf(plan, configured.settings);
  const staging = () => stageAgain(cli, { ...configured, settings }, plan);
  return resumeRun(cli, {
    settings,
    inputs: configured.settings.sources,
    store,
    run: name,
    staging,
    watch,
    takeOver: flags['take-over'] === true,
    rendered: () => digestsOf(render({ ...configured, settings })),
    trustLake: flags['trust-lake'] === true,
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
