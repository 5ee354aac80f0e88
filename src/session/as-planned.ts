/** Continues an existing run as it was planned: with the same templates, configuration file and variables. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { configFile } from '../config/read.ts';
import { parameterSetting } from '../config/schema.ts';
import { LandfallError } from '../faults.ts';
import type { PlanOrigin, RunPlan } from '../run/plan.ts';
import { advise, commandAt, place } from '../shell-words.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { SHIPPED } from './pipeline-folder.ts';
import type { Configured } from './configure.ts';
import { noteTo } from '../cli/context.ts';
import type { PlaceFlags, SubmitFlags } from '../cli/run-verbs.ts';
import type { Flags, CliContext } from '../cli/context.ts';

/** Variables that decide what a run makes. None is a secret, and none names a place that Landfall connects to. */
const KEPT = /^LANDFALL_(?:TABLES_|CHECKS_|EMR_RELEASE$|EMR_KEEP_ALIVE$|EMR_STEP_TIMEOUT$)/;

/**
 * Where the templates and settings of this call come from, for the plan. `configured` was made with the same flags.
 */
export function originOf(
  flags: Pick<SubmitFlags, 'keep-alive'> & PlaceFlags & Flags,
  cli: CliContext,
  { templates, pipeline }: Configured,
): PlanOrigin {
  const { cwd, prefix, env } = cli;
  const config = configFile(flags.config, cwd, prefix);
  return {
    folder: templates.name,
    ...(templates.place === SHIPPED.place ? {} : { templates: templates.place }),
    ...(config === undefined ? {} : { config: resolve(cwd, config) }),
    variables: {
      ...kept(env),
      ...(flags['keep-alive'] === true ? { LANDFALL_EMR_KEEP_ALIVE: 'yes' } : {}),
      ...Object.fromEntries(
        pipeline.parameters.map(parameterSetting).flatMap(({ flag, env: [variable] }) => {
          const given = flags[flag];
          return typeof given !== 'string' ? [] : [[variable, given]];
        }),
      ),
    },
  };
}

/**
 * The flags and the context with which the run was planned. A value given now outranks the planned one, and a
 * message says so. Files that the plan names are read only when the plan is `trusted`, because anybody may have
 * written it. Messages name those that are not read, do not exist here, or belong to another user. `strict`: throws
 * `input` when the run's own templates cannot be used.
 */
export function asPlanned<F extends PlaceFlags>(
  flags: F,
  cli: CliContext,
  plan: RunPlan,
  { strict, trusted }: { strict: boolean; trusted: boolean },
): { flags: F; cli: CliContext } {
  const { origin, run } = plan;
  const note = noteTo(cli);
  const given: Record<string, string> = {};
  for (const name of ['templates', 'config'] as const) {
    const planned = origin[name];
    const now = flags[name];
    if (planned === undefined) continue;
    const problem = trusted ? notUsable(planned, name === 'templates') : NOT_OURS;
    if (now !== undefined) {
      if (resolve(cli.cwd, now) !== planned)
        note(`--${name} ${now} is used instead of ${planned}, which run ${run} was planned with`);
    } else if (problem === undefined) given[name] = planned;
    else if (strict && name === 'templates') throw withoutTemplates(plan, planned, problem);
    else
      note(`run ${run} was planned with ${planned}, which ${problem}; using what is found on this machine`);
  }
  const env = { ...kept(origin.variables), ...withoutUndefined(cli.env) };
  return { flags: { ...flags, ...given }, cli: { ...cli, env } };
}

/** Those of the variables that a plan may set. A plan in a lake may name any. */
function kept(variables: CliContext['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      KEPT.test(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

const NOT_OURS = 'is not read, because this machine did not plan the run';

/**
 * A lake may name any place on this machine. On a plan's word, Landfall reads only what belongs to this user or the
 * system.
 */
function notUsable(path: string, isFolder: boolean): string | undefined {
  try {
    const found = statSync(path);
    if (isFolder ? !found.isDirectory() : !found.isFile()) return 'does not exist here';
    const me = process.geteuid?.();
    return me === undefined || [me, 0].includes(found.uid) ? undefined : 'belongs to another user';
  } catch {
    return 'does not exist here';
  }
}

function withoutTemplates({ run, lake }: RunPlan, planned: string, problem: string): LandfallError {
  return new LandfallError('input', `run ${run} was planned with the templates ${planned}`, {
    why: [`that folder ${problem}`],
    stand: ['nothing was started'],
    next: advise`${commandAt(place(lake), 'retry', run, '--templates', planned)}, once the folder is back, or with its new path`,
  });
}
