/** The environment of spark-submit. Pure. */
import type { Ready } from './ready.ts';

/** What must be laid over the environment that passes, so that spark-submit finds its own Spark, Python and Java. */
export function sparkEnvironment(
  ready: Pick<Ready, 'sparkHome' | 'python' | 'javaHome'>,
): Record<string, string> {
  return {
    SPARK_HOME: ready.sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: ready.python,
    PYSPARK_DRIVER_PYTHON: ready.python,
    JAVA_HOME: ready.javaHome,
  };
}
