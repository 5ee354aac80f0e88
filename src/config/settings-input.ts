/** What settings are resolved from. */
import type { Env } from '../env.ts';
import type { PipelineKeys } from './schema.ts';

export interface SettingsInput {
  /** `path` is the file's name as messages should show it; relative places in it start at its folder. */
  cfg?: { path: string; text: string } | undefined;
  env: Env;
  /** By the flag's name without dashes: `{ lake: './out', cats: './cats' }`; undefined ones were not given. */
  flags: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What the pipeline lets users set. */
  pipeline: PipelineKeys;
  /** True for verbs that only read the lake: an input that nothing names is no mistake. */
  ignoreInputs?: boolean;
  /** Absolute. */
  cwd: string;
  /** Follows the links in a place; without it, links are not resolved. */
  realPlace?: (uri: string) => string;
}
