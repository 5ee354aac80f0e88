/** `landfall attach`: follow a run, or go on with it when its driver is gone. */
import { LandfallError } from '../faults.ts';
import type { Staging } from '../run/drive.ts';
import { submitLike } from '../report/standing.ts';
import { readState } from '../run/read-journal.ts';
import type { RunPlan } from '../run/plan.ts';
import { place } from '../shell-words.ts';
import { madeHere } from '../session/plan-trust.ts';
import { asPlanned } from '../session/as-planned.ts';
import { refuseForeignLake } from '../session/lake-owner.ts';
import { chosenRun } from '../session/chosen-run.ts';
import { openLake } from '../session/compose.ts';
import { listInputs } from '../session/inputs.ts';
import { digestsOf, render, stagingOf } from '../session/prepare.ts';
import { resumeRun } from '../session/resume.ts';
import { configure, configureLake, withInputsOf } from '../session/settings.ts';
import type { Configured } from '../session/settings.ts';
import { watchFlags } from '../session/watch.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export async function run(flags: Flags, cli: CliContext): Promise<void> {
  const watch = watchFlags(flags);
  const store = await openLake(configureLake(flags, cli), cli);
  refuseForeignLake(store, flags, cli);
  const name = await chosenRun(flags, store);
  const { plan } = await readState(store, name);
  const trusted = flags['trust-lake'] === true || (await madeHere(cli, store, plan));
  const planned = asPlanned(flags, cli, plan, { strict: false, trusted });
  const configured = configure('attach', { ...planned.flags, lake: place(store.uri) }, planned.cli);
  const settings = withInputsOf(plan, configured.settings);
  const staging = () => stageAgain(cli, { ...configured, settings }, plan);
  await resumeRun(cli, {
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

/** What a driver that died before staging would have staged; throws `input` when it cannot be made again as planned. */
async function stageAgain(cli: CliContext, configured: Configured, plan: RunPlan): Promise<Staging> {
  const rendered = render(configured);
  const manifest = await listInputs(configured.settings, cli);
  const differs = [
    ...plan.steps
      .filter(({ name, digest }) => rendered.find((step) => step.name === name)?.digest !== digest)
      .map(({ name }) => `step ${name}`),
    ...(manifest.digest === plan.inputsDigest ? [] : ['the inputs']),
  ];
  if (differs.length > 0) {
    throw new LandfallError(
      'input',
      `run ${plan.run} was never staged, and ${differs.join(', ')} changed since it was planned`,
      {
        stand: ['nothing of it was started'],
        next: submitLike(plan),
      },
    );
  }
  return stagingOf(rendered, manifest);
}
