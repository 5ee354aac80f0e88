/** From a step's arguments to the process that runs it: argv exactly as given, never through a shell. */
import type { Env } from '../env.ts';
import { present } from '../present.ts';
import { stepPaths } from './step-paths.ts';
import { basename, delimiter, dirname, join } from 'node:path';
import { notEmulated } from './aws-error.ts';
import { asksForCluster } from './spark-arguments.ts';
import { asListItem } from './step-conf.ts';
import { stepEnvironment } from './step-environment.ts';
import type { StepRecord } from './records.ts';

/** The Spark of this machine. */
export interface SparkSetup {
  /** Absolute path of spark-submit. */
  submit: string;
  /** SPARK_HOME, PYSPARK_PYTHON, JAVA_HOME, credentials and the like; undefined ones are not inherited. */
  env: Env;
  /** spark-defaults.conf. */
  conf: Readonly<Record<string, string>>;
}

export interface Command {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Env;
  /** Files that stdout and stderr are written to. */
  stdout: string;
  stderr: string;
}

/** Throws the refusal of a step that this endpoint cannot run. */
export function checkRunnable(jar: string, args: readonly string[], mainClass: string | undefined): void {
  if (jar !== 'command-runner.jar') {
    throw notEmulated(`steps of ${basename(jar)} (${jar}): it runs those of command-runner.jar`);
  }
  if (mainClass !== undefined) throw notEmulated('a MainClass for command-runner.jar');
  const [program, first] = args;
  if (program === 'spark-submit' || program === 'spark-sql') {
    const elsewhere = asksForCluster(program, args.slice(1));
    if (elsewhere === undefined) return;
    throw notEmulated(`${program} ${elsewhere}: Spark runs in local mode, its driver in the step`);
  }
  if (program === 'bash' && first === '-c') return;
  throw notEmulated(
    `command-runner.jar with ${program === undefined ? 'no arguments' : `'${program}'`}: ` +
      'it runs spark-submit, spark-sql and bash -c',
  );
}

/** The process of a step whose arguments `checkRunnable` has let pass. */
export function stepCommand(
  step: Pick<StepRecord, 'id' | 'args'> & { clusterId: string },
  folder: string,
  spark: SparkSetup,
  environment: Env,
): Command {
  const paths = stepPaths(folder);
  const [program = '', ...args] = step.args;
  const bin = dirname(spark.submit);
  const env: Record<string, string | undefined> = {
    ...stepEnvironment(environment, { home: paths.work, scratch: paths.scratch }),
    ...spark.env,
  };
  return {
    file: program === 'spark-submit' ? spark.submit : program === 'spark-sql' ? join(bin, program) : program,
    args,
    cwd: paths.work,
    env: {
      ...env,
      PATH: `${bin}${delimiter}${present(env['PATH'], 'PATH')}`,
      SPARK_LOCAL_DIRS: asListItem(paths, paths.scratch),
      SPARK_CONF_DIR: paths.conf,
      EMR_CLUSTER_ID: step.clusterId,
      EMR_STEP_ID: step.id,
    },
    stdout: paths.stdout,
    stderr: paths.stderr,
  };
}
