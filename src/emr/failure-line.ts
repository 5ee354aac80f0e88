/** The line a step's program prints when it fails: `LANDFALL-FAILURE {json}`, the most telling of all. */
import { z } from 'zod';
import { firstPlainLine, plainLine } from './plain-text.ts';

export const OWN_PREFIX = 'LANDFALL-FAILURE ';

const TEMPLATES = 'spark-templates/';

const failureLine = z.object({
  step: z.string().nullish(),
  table: z.string().nullish(),
  /** The template's path within its folder, and the line in the file. */
  template: z.string().nullish(),
  line: z.number().int().positive().nullish(),
  error: z.string(),
  kind: z.string().nullish(),
});

export interface OwnFailure {
  /** The error's first line. */
  error: string;
  /** `at spark-templates/log_transform/songplays.sql.hbs:31 (table songplays)`; absent when the program knew none. */
  place?: string;
}

/** How many such lines are tried: a program writes one. */
const TRIED = 20;

/** The last such line that can be read; undefined when none of the last few can. */
export function ownFailure(lines: readonly string[]): OwnFailure | undefined {
  let tried = 0;
  for (let at = lines.length - 1; at >= 0 && tried < TRIED; at -= 1) {
    const line = lines[at] ?? '';
    if (!line.startsWith(OWN_PREFIX)) continue;
    const failure = parse(line.slice(OWN_PREFIX.length));
    if (failure !== undefined) return failure;
    tried += 1;
  }
  return undefined;
}

function parse(json: string): OwnFailure | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const told = failureLine.safeParse(value);
  if (!told.success) return undefined;
  const { error, template, line, table } = told.data;
  const of = table === undefined || table === null ? '' : ` (table ${plainLine(table, 100)})`;
  const at = line === undefined || line === null ? '' : `:${String(line)}`;
  return {
    error: firstPlainLine(error),
    ...(template === undefined || template === null
      ? {}
      : { place: `at ${TEMPLATES}${plainLine(template, 200)}${at}${of}` }),
  };
}
