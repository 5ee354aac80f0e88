/** The line that a step's program prints when it fails: `LANDFALL-FAILURE {json}`, the most telling of all. */
import { z } from 'zod';
import { firstPlainLine, plainLine } from './plain-text.ts';

export const OWN_PREFIX = 'LANDFALL-FAILURE ';

const failureLine = z.object({
  step: z.string().nullish(),
  table: z.string().nullish(),
  /** The template's path within the pipeline's folder, or that of the engine's file, and the line in it. */
  template: z.string().nullish(),
  line: z.number().int().positive().nullish(),
  error: z.string(),
  kind: z.string().nullish(),
});

export interface OwnFailure {
  /** The error's first line. */
  error: string;
  /** `at <pipeline's folder>/tables/first/cats.sql.hbs:31 (table cats)`; absent when the program knew none. */
  place?: string;
}

/** How many such lines are tried: a program writes one. */
const TRIED = 20;

/**
 * The last such line that parses; undefined when none of the last few does. `pipeline` is the folder's name in
 * messages.
 */
export function ownFailure(lines: readonly string[], pipeline: string): OwnFailure | undefined {
  const own = lines.filter((line) => line.startsWith(OWN_PREFIX)).slice(-TRIED);
  for (const line of own.reverse()) {
    const failure = parse(line.slice(OWN_PREFIX.length), pipeline);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function parse(json: string, pipeline: string): OwnFailure | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const parsed = failureLine.safeParse(value);
  if (!parsed.success) return undefined;
  const { error, template, line, table, kind } = parsed.data;
  const folder = kind === 'program' ? 'spark-templates' : pipeline;
  const of = table === undefined || table === null ? '' : ` (table ${plainLine(table, 100)})`;
  const at = line === undefined || line === null ? '' : `:${String(line)}`;
  return {
    error: firstPlainLine(error),
    ...(template === undefined || template === null
      ? {}
      : { place: `at ${folder}/${plainLine(template, 200)}${at}${of}` }),
  };
}
