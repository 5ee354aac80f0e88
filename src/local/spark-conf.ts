/** spark-defaults.conf of the local Spark. Pure. */
import { javaWord } from '../emr-local/java-word.ts';
import { proxyConf } from './s3-proxy.ts';
import type { S3Proxy } from './s3-proxy.ts';

export interface Machine {
  cores: number;
  /** Bytes. */
  memory: number;
  /** The umask of this process, octal; undefined where it is not known. */
  umask?: string | undefined;
  /** One compiler and one collector thread: twice as fast for little data, half as fast for much. */
  smallData?: boolean;
  /** What the class path begins with: the archive of classes is of no use otherwise. */
  sparkJars: string;
  /** Options of the JVM for that archive; undefined when there is none. */
  archiveOptions?: string | undefined;
  /** A JKS file with the authorities to trust; undefined: Java's own. */
  trustStore?: string | undefined;
}

/** How to reach S3. Credentials are not here: they are in the environment of the steps. */
export interface S3Access {
  /** Undefined: AWS. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Buckets that are read without credentials. */
  anonymousBuckets?: readonly string[];
  /** Regions of buckets that differ from `region`. */
  bucketRegions?: Readonly<Record<string, string>>;
  /** KMS keys by the bucket whose objects are encrypted with them. */
  bucketKeys?: Readonly<Record<string, string>>;
  proxy?: S3Proxy | undefined;
  /** PEM certificates of the authorities to trust; undefined: Java's own. */
  authorities?: string | undefined;
}

const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const MIB = 2 ** 20;

/** A third of the memory, at most 4 GiB. Spark does not start with less than 450 MiB. */
function heapMebibytes(memory: number): number {
  return Math.min(4096, Math.max(512, Math.floor(memory / 3 / MIB)));
}

/** What every local Spark needs. Paths are relative to the step's own folder. */
export function localConf(machine: Machine): Record<string, string> {
  const { cores, memory, umask, smallData = false, sparkJars, archiveOptions, trustStore } = machine;
  return {
    'spark.master': `local[${cores}]`,
    'spark.driver.memory': `${heapMebibytes(memory)}m`,
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.extraClassPath': sparkJars,
    'spark.driver.extraJavaOptions': [
      '-Duser.timezone=UTC',
      ...(smallData ? QUICK_START : []),
      ...(archiveOptions === undefined ? [] : [archiveOptions]),
      ...(trustStore === undefined
        ? []
        : ['-Djavax.net.ssl.trustStoreType=jks', javaWord(`-Djavax.net.ssl.trustStore=${trustStore}`)]),
    ].join(' '),
    // Hadoop uses a umask of its own, 022, unless it is set.
    ...(umask === undefined ? {} : { [hadoop('fs.permissions.umask-mode')]: umask }),
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.log.level': 'WARN',
    'spark.sql.shuffle.partitions': String(2 * cores),
    'spark.sql.catalogImplementation': 'in-memory',
    'spark.sql.warehouse.dir': 'spark-warehouse',
  };
}

/**
 * S3A under the name `s3://`, with its jars on the launch class path: a step may itself lie on S3. Spark's own jars must
 * come first in `classPath`: the AWS bundle carries an old SLF4J, which would silence all logs.
 */
export function s3Conf(classPath: readonly string[], access: S3Access): Record<string, string> {
  const { endpoint, region, anonymousBuckets = [], bucketRegions = {}, bucketKeys = {} } = access;
  const conf: Record<string, string> = {
    'spark.driver.extraClassPath': classPath.join(':'),
    'spark.executor.extraClassPath': classPath.join(':'),
    [hadoop('fs.s3.impl')]: 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    [hadoop('fs.AbstractFileSystem.s3.impl')]: 'org.apache.hadoop.fs.s3a.S3A',
    // Folder markers of others stay where they are.
    [hadoop('fs.s3a.directory.marker.retention')]: 'keep',
    [hadoop('fs.s3a.connection.establish.timeout')]: '10000',
    [hadoop('fs.s3a.connection.timeout')]: '60000',
    [hadoop('fs.s3a.attempts.maximum')]: '8',
    [hadoop('fs.s3a.retry.limit')]: '5',
    [hadoop('fs.s3a.threads.max')]: '32',
    [hadoop('fs.s3a.connection.maximum')]: '64',
  };
  if (endpoint !== undefined) {
    conf[hadoop('fs.s3a.endpoint')] = endpoint;
    conf[hadoop('fs.s3a.path.style.access')] = 'true';
    conf[hadoop('fs.s3a.connection.ssl.enabled')] = String(endpoint.toLowerCase().startsWith('https:'));
  }
  if (region !== undefined) conf[hadoop('fs.s3a.endpoint.region')] = region;
  for (const bucket of anonymousBuckets) {
    conf[hadoop(`fs.s3a.bucket.${bucket}.aws.credentials.provider`)] =
      'org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider';
  }
  for (const [bucket, its] of Object.entries(bucketRegions)) {
    conf[hadoop(`fs.s3a.bucket.${bucket}.endpoint.region`)] = its;
  }
  for (const [bucket, key] of Object.entries(bucketKeys)) {
    conf[hadoop(`fs.s3a.bucket.${bucket}.encryption.algorithm`)] = 'SSE-KMS';
    conf[hadoop(`fs.s3a.bucket.${bucket}.encryption.key`)] = key;
  }
  for (const [key, value] of Object.entries(access.proxy ? proxyConf(access.proxy) : {}))
    conf[hadoop(key)] = value;
  return conf;
}

function hadoop(key: string): string {
  return `spark.hadoop.${key}`;
}
