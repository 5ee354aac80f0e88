/** dl.cfg, environment and flags become one value; every part of it knows where it comes from. */
import type { SettingsInput } from './settings-input.ts';
import type { Diagnostic } from '../faults.ts';
import { keys } from '../lake/layout.ts';
import { assign } from './assign.ts';
import { choose } from './choose.ts';
import { checkAnonymousInput, checkPlaces, checkSources, isAbout, tellDefaults } from './checks.ts';
import { checkCharacters, chooseCredentials, tellPlaceholders } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { unknownVariables } from './environment.ts';
import { NO_PAIR, readIni } from './ini-file.ts';
import { asFolder } from './location.ts';
import { namedSettings, schema, sourceSetting } from './schema.ts';
import type { NamedSetting, PipelineKeys, ValuesOf } from './schema.ts';
import { redact, secret } from './secret.ts';
import type { Secret } from './secret.ts';
import { checkSparkPlaces } from './spark-places.ts';

type Values = ValuesOf<typeof schema>;

/** All places are `s3://...` or `file:///...` without a trailing slash; all times are in seconds, all sizes in bytes. */
export interface Settings extends Omit<Values, 'lake' | 'aws'> {
  readonly lake: {
    readonly path: string;
    /** LogUri; ends with a slash. */
    readonly logs: string;
  };
  /** By the source's name. All sources of the pipeline are here, or none; with `ignoreInputs`, any of them. */
  readonly sources: Readonly<Record<string, string>>;
  /** Of the pipeline, by name: a word, or a list of some. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  readonly aws: {
    readonly profile: string | undefined;
    /** Those of dl.cfg. Undefined: the SDK's default chain finds them. */
    readonly credentials: Credentials | undefined;
  };
}

export interface Resolved {
  /** Undefined when a diagnostic is an error. */
  settings?: Settings;
  /** Where each value comes from, by its place in Settings: `emr.coreCount` -> `dl.cfg:14 [EMR] core_count`. */
  origins: Map<string, string>;
  diagnostics: Diagnostic[];
  /** What must not appear anywhere: for `redact`. */
  secrets: Secret[];
}

const NO_FILE = { entries: [], diagnostics: [], secrets: [] };

/** Resolves every setting: flag before environment before dl.cfg before default. All mistakes at once; never throws. */
export function resolveSettings(input: SettingsInput): Resolved {
  const settings = namedSettings(input.pipeline);
  const file = input.cfg === undefined ? NO_FILE : readIni(input.cfg.path, input.cfg.text);
  const local = input.flags['cluster'] === 'local';
  const sourceNames = input.pipeline.sources;
  const assigned = assign({
    file: input.cfg?.path,
    entries: file.entries,
    settings,
    sourceNames,
    local,
  });
  const diagnostics = [
    ...file.diagnostics,
    ...assigned.diagnostics,
    ...unknownVariables(input.env, settings),
  ];
  const placeholders: string[] = [];
  const values = new Map<string, unknown>();
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const ofFile = assigned.values.get(setting.id);
    const chosen = choose(setting, ofFile, input, { diagnostics, placeholders });
    if (chosen === undefined) continue;
    if (chosen.at === ofFile?.entry.at) diagnostics.push(...ofFile.notices);
    values.set(setting.id, chosen.value);
    origins.set(setting.id, chosen.at);
  }
  const credentials = chooseCredentials(values, origins, input.env, (id) =>
    isMistaken(id, settings, assigned.values, diagnostics),
  );
  noteDerived(origins);
  const shape = assemble(input.pipeline, values, credentials.credentials);
  const places = [shape.lake.path, ...Object.values(shape.sources)];
  const unnamed = settings.map(({ id }) => id).filter((id) => !assigned.values.has(id));
  const usesAws =
    (!local && input.flags['cluster'] !== undefined) || places.some((place) => place.startsWith('s3:'));
  diagnostics.push(
    ...(placeholders.length > 0
      ? tellPlaceholders(placeholders, input.env, usesAws)
      : credentials.diagnostics),
    ...checkCharacters(values, origins, input.env, usesAws),
    ...(input.ignoreInputs === true
      ? []
      : checkSources(shape.sources, origins, sourceNames.map(sourceSetting), diagnostics)),
    ...checkPlaces(shape, origins, input.realPlace),
    ...checkAnonymousInput(shape, origins),
    ...checkSparkPlaces(shape, origins),
    ...(input.cfg === undefined ? [] : tellDefaults(input.cfg.path, origins, unnamed)),
  );
  const hidden = [...new Set([...file.secrets, ...credentials.secrets])].filter(({ length }) => length >= 4);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return {
    ...(failed ? {} : { settings: shape }),
    origins,
    diagnostics: bounded(diagnostics).map((diagnostic) => redacted(diagnostic, hidden)),
    secrets: hidden.map(secret),
  };
}

/** Whether dl.cfg has a credential without a value, as far as its mistakes show. */
function isMistaken(
  id: string,
  settings: readonly NamedSetting[],
  assigned: ReadonlyMap<string, unknown>,
  found: readonly Diagnostic[],
): boolean {
  const setting = settings.find((one) => one.id === id);
  return (
    assigned.has(id) ||
    found.some(
      (one) =>
        (setting !== undefined && isAbout(one, setting)) ||
        (one.severity === 'error' && one.message.startsWith(NO_PAIR)),
    )
  );
}

function assemble(
  { sources: sourceNames, parameters }: PipelineKeys,
  values: ReadonlyMap<string, unknown>,
  credentials: Credentials | undefined,
): Settings {
  const sections = Object.entries(schema).map(([section, keys]) => [
    section,
    Object.fromEntries(Object.keys(keys).map((key) => [key, values.get(`${section}.${key}`)])),
  ]);
  const shape = Object.fromEntries(sections) as unknown as Values;
  const sources = sourceNames.flatMap((name) => {
    const place = values.get(`sources.${name}`);
    return typeof place === 'string' ? [[name, place] as const] : [];
  });
  const { path, logs = `${asFolder(path)}${keys.logs}` } = shape.lake;
  return {
    ...shape,
    sources: Object.fromEntries(sources),
    parameters: Object.fromEntries(
      parameters.map(({ name }) => [name, values.get(`parameters.${name}`) as string | readonly string[]]),
    ),
    lake: { path, logs: asFolder(logs) },
    s3: { ...shape.s3, region: shape.s3.region ?? shape.emr.region },
    aws: { profile: shape.aws.profile, credentials },
  };
}

/** Derived values have the origin of the value that they derive from. */
function noteDerived(origins: Map<string, string>): void {
  for (const [id, from] of [
    ['s3.region', 'emr.region'],
    ['lake.logs', 'lake.path'],
  ] as const) {
    const origin = origins.get(from);
    if (origin !== undefined && !origins.has(id)) origins.set(id, origin);
  }
}

const MOST_TOLD = 100;

/** Each diagnostic once. Of very many, only the first; at least one error is kept. */
function bounded(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const once = [...new Map(diagnostics.map((one) => [`${one.at}\n${one.message}`, one])).values()];
  if (once.length <= MOST_TOLD) return once;
  const errorsFirst = once.toSorted(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
  return errorsFirst.slice(0, MOST_TOLD);
}

/** A diagnostic without any of these texts in it. */
function redacted(diagnostic: Diagnostic, secrets: readonly string[]): Diagnostic {
  const { severity, at, message, hint } = diagnostic;
  return {
    severity,
    at: redact(at, secrets),
    message: redact(message, secrets),
    ...(hint === undefined ? {} : { hint: redact(hint, secrets) }),
  };
}
