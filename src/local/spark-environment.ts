/** The environment of spark-submit. Pure. */
import type { Ready } from './ready.ts';

/** Of another Spark, Hadoop or Python on this machine; an empty value is as good as none. */
const FOREIGN = [
  'HADOOP_CONF_DIR',
  'YARN_CONF_DIR',
  'SPARK_DIST_CLASSPATH',
  'SPARK_SUBMIT_OPTS',
  'PYSPARK_SUBMIT_ARGS',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
];

/** What must be laid over the inherited environment, so that spark-submit finds its own Spark, Python and Java. */
export function sparkEnvironment(
  ready: Pick<Ready, 'sparkHome' | 'python' | 'javaHome'>,
): Record<string, string> {
  return {
    ...Object.fromEntries(FOREIGN.map((name) => [name, ''])),
    SPARK_HOME: ready.sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: ready.python,
    PYSPARK_DRIVER_PYTHON: ready.python,
    JAVA_HOME: ready.javaHome,
  };
}
