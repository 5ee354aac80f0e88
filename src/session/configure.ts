/** From flags to settings: reports every mistake in dl.cfg, environment, flags and templates at once. */
import type { ChosenFolder } from '../config/pipeline-path.ts';
import { readConfig } from '../config/read.ts';
import { realUri } from '../store/real-uri.ts';
import type { PipelineKeys } from '../config/schema.ts';
import { resolveSettings } from '../config/settings.ts';
import type { Settings } from '../config/settings.ts';
import { formatDiagnostic, throwIfErrors } from '../faults.ts';
import type { Diagnostic } from '../faults.ts';
import type { Engine, Pipeline } from '../pipeline/contract.ts';
import { loadPipeline } from '../pipeline/load.ts';
import type { RunPlan } from '../run/plan.ts';
import { unknownFlags, usage } from '../cli/arguments.ts';
import { flagsOf, keysOf, pipelineKeys } from './pipeline-keys.ts';
import { findPipeline, placedIn, readEngine, readPipelineFolder } from './pipeline-folder.ts';
import { verbs } from '../cli/verbs.ts';
import type { VerbName } from '../cli/verbs.ts';
import type { PlaceFlags } from '../cli/run-verbs.ts';
import type { Flags, CliContext } from '../cli/context.ts';

export interface Configured {
  settings: Settings;
  pipeline: Pipeline;
  /** The pipeline's folder. */
  templates: ChosenFolder;
  engine: Engine;
  /** What templates may use. */
  parameters: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Settings and pipeline for a verb. Throws `input` with all mistakes; emits warnings and notices. */
export function configure(verb: VerbName, flags: PlaceFlags & Flags, cli: CliContext): Configured {
  const templates = findPipeline(flags, cli);
  const { pipeline, diagnostics } = loadPipeline(readPipelineFolder(templates).files);
  const keys = keysOf(pipeline);
  refuseUnknownFlags(verb, flags, keys, pipeline !== undefined);
  const resolved = resolveSettings({
    cfg: readConfig(flags.config, cli.cwd, cli.prefix),
    env: cli.env,
    flags: settingFlags(flags),
    pipeline: keys,
    cwd: cli.cwd,
    realPlace: realUri,
  });
  const all = [...placedIn(templates, diagnostics), ...(pipeline === undefined ? [] : resolved.diagnostics)];
  throwIfErrors(all, 'invalid configuration; nothing was started');
  printDiagnostics(all, cli);
  if (flags.verbose === true) tellOrigins(resolved.origins, cli);
  if (pipeline === undefined || resolved.settings === undefined)
    throw new Error('no settings and no mistakes');
  const { settings } = resolved;
  const parameters = { ...settings.parameters, target_file_size: settings.tables.targetFileSize };
  return { settings, pipeline, templates, engine: readEngine(), parameters };
}

/**
 * The settings of a verb that only reads the lake: templates may have mistakes, and inputs may be
 * missing.
 */
export function configureLake(flags: PlaceFlags & Flags, cli: CliContext): Settings {
  const { settings, diagnostics } = resolveSettings({
    cfg: readConfig(flags.config, cli.cwd, cli.prefix),
    env: cli.env,
    flags: settingFlags(flags),
    pipeline: pipelineKeys(flags, cli),
    ignoreInputs: true,
    cwd: cli.cwd,
    realPlace: realUri,
  });
  throwIfErrors(diagnostics, 'invalid configuration');
  if (settings === undefined) throw new Error('no settings and no mistakes');
  return settings;
}

/** Flags that settings are made of; the others are the verb's own. */
function settingFlags(flags: Flags): Record<string, string | number | boolean | undefined> {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => {
      if (name === '_') return [];
      if (Array.isArray(value)) throw usage(`--${name} is given ${String(value.length)} times`, flags);
      return ['string', 'number', 'boolean'].includes(typeof value)
        ? [[name, value as string | number | boolean]]
        : [];
    }),
  );
}

function refuseUnknownFlags(verb: VerbName, flags: Flags, keys: PipelineKeys, sure: boolean): void {
  const declared = verbs.find(({ name }) => name === verb);
  if (declared === undefined || !sure) return;
  const error = unknownFlags(declared, flags, flagsOf(keys));
  if (error !== undefined) throw error;
}

/** Emits warnings and notices. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], { printer }: CliContext): void {
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity === 'warning')
      printer.emit({ event: 'warning', message: formatDiagnostic(diagnostic) });
    if (diagnostic.severity === 'notice')
      printer.emit({ event: 'note', message: formatDiagnostic(diagnostic) });
  }
}

function tellOrigins(origins: ReadonlyMap<string, string>, { printer }: CliContext): void {
  for (const [name, origin] of [...origins].sort()) printer.say(`${name}: ${origin}`);
}

/** A flag that may be given once and is a positive number of seconds. */
export function secondsFlag(flags: Flags, name: string): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw usage(`--${name} is not a number of seconds above 0`, flags);
}

/** A flag that may be given once and is a whole number, 0 or more. */
export function countFlag(flags: Flags, name: string): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw usage(`--${name} is not a whole number, 0 or more`, flags);
}

/** The settings with the inputs that a run was planned for. */
export function withInputsOf({ sources }: RunPlan, settings: Settings): Settings {
  return { ...settings, sources: Object.fromEntries(sources.map(({ name, uri }) => [name, uri])) };
}
