/** An EMR account on this machine whose steps and clusters end as scripted in a file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { keys } from '../../src/lake/layout.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { SHIPPED, readPipelineFolder } from '../../src/session/pipeline-folder.ts';
import { emrAccount } from '../hostile/emr-account.ts';
import type { EmrAccount } from '../hostile/emr-account.ts';
import { landStep, rowFiles, writeLogs } from '../hostile/landed-step.ts';
import type { RowFiles } from '../hostile/landed-step.ts';
import { folderFiles } from '../hostile/lake-files.ts';
import { argument, runPrograms } from '../support/step-arguments.ts';

const account = z.strictObject({
  /** How each step ends, in the order of submission; all others are completed. */
  steps: z
    .array(
      z.strictObject({
        end: z.enum(['COMPLETED', 'FAILED', 'RUNNING']),
        stderr: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  /** Operations whose first request is refused, and how. */
  refused: z.record(z.string(), z.strictObject({ type: z.string(), message: z.string() })).default({}),
  /** Why launched clusters end. */
  clusterEnds: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});

/** `rows`: what completed steps land. */
export async function scriptedAccount(path: string, rows: RowFiles): Promise<EmrAccount> {
  const told = account.parse(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {});
  const emr = await emrAccount();
  emr.launching(told.clusterEnds);
  for (const [operation, { type, message }] of Object.entries(told.refused))
    emr.spoil(operation, { fault: 'error', status: 400, type, message });
  const steps = [...told.steps];
  let count = 0;
  emr.onStep((args, clusterId, stepId) => {
    const lake = folderFiles(/file:\/\/(.*)\/_landfall\//.exec(argument({ args }, '--output'))![1]!);
    let stderr: string[] | undefined;
    const end = runPrograms(args, (its) => {
      const ended = steps.shift() ?? { end: 'COMPLETED' };
      ({ stderr } = ended);
      if (ended.end === 'COMPLETED') landStep(lake, its, rows, String((count += 1)).padStart(8, '0'));
      return ended.end;
    });
    if (end !== 'RUNNING') {
      writeLogs(lake, clusterId, stepId);
      if (stderr !== undefined)
        lake.write(
          join(keys.logs, clusterId, 'steps', stepId, 'stderr.gz'),
          gzipSync(`${stderr.join('\n')}\n`),
        );
    }
    return end;
  });
  return emr;
}

/** A row for each table of the pipeline that comes with Landfall. */
export function rowsOfShipped(): Promise<RowFiles> {
  const { pipeline } = loadPipeline(readPipelineFolder(SHIPPED).files);
  return rowFiles(pipeline!.steps.flatMap(({ writes }) => writes.map(({ contract }) => contract)));
}
