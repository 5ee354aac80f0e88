/**
 * An archive of the classes that Spark loads (JDK: application class-data sharing). Loading them is a third of what a
 * small step takes; from an archive it is nearly free. A JVM whose class path begins otherwise ignores the archive.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { javaWord } from '../emr-local/java-word.ts';
import { stepEnvironment } from '../emr-local/step-environment.ts';
import type { Ready } from './ready.ts';
import type { Run, RunOptions } from './run-command.ts';
import { sparkEnvironment } from './spark-environment.ts';

/** Exercises what steps do, so that its classes are loaded: reading JSON lines, windows, joins, Parquet, reading back. */
const EXERCISE = `import sys
from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F

folder = sys.argv[1]
spark = SparkSession.builder.getOrCreate()
fields = F.struct("id", F.col("id").cast("string").alias("name"))
spark.range(100).select(F.to_json(fields).alias("value")).write.text(folder + "/raw")
lines = spark.read.option("recursiveFileLookup", "true").text(folder + "/raw")
items = F.from_json(F.concat(F.lit("["), "value", F.lit("]")), "array<struct<id string, name string>>")
lines.select("_metadata.file_path", items.alias("items")).createOrReplaceTempView("lines")
spark.sql(
    "SELECT file_path, id, name FROM lines LATERAL VIEW OUTER inline(items) AS id, name"
).persist().createOrReplaceTempView("rows")
spark.sql("SELECT file_path, count(*) FROM rows GROUP BY file_path").collect()
ranked = spark.sql("""
    SELECT
      try_cast(id AS BIGINT) AS id,
      name,
      timestamp_millis(try_cast(id AS BIGINT)) AS moment,
      try_cast(id AS INT) % 3 AS part,
      row_number() OVER (PARTITION BY name ORDER BY id DESC) AS place
    FROM rows
""")
ranked.createOrReplaceTempView("ranked")
joined = spark.sql("SELECT /*+ REBALANCE(part) */ a.* FROM ranked AS a LEFT JOIN ranked AS b ON a.id = b.id")
counted = joined.observe(Observation(), F.count(F.lit(1)).alias("rows")).sortWithinPartitions("part", "id")
counted.write.option("compression", "zstd").partitionBy("part").parquet(folder + "/table")
back = spark.read.schema(joined.schema).parquet(folder + "/table")
back.agg(F.count(F.lit(1)), F.count_distinct(F.struct("id", "name"))).first()
back.join(ranked.select("id").dropDuplicates(), on="id", how="left_anti").orderBy("id").limit(5).collect()
spark.stop()
`;

/** The archive of a finished set-up; undefined when it has none. A colon would divide its path in two for the JVM. */
export function classArchive({ folder }: Pick<Ready, 'folder'>): string | undefined {
  const archive = join(folder, 'classes.jsa');
  return /[:"\\]/.test(archive) || !existsSync(archive) ? undefined : archive;
}

/**
 * Makes the archive, which takes about half a minute; false when that failed: Spark then starts more slowly, and is
 * otherwise the same.
 */
export async function makeClassArchive(ready: Ready, run: Run, options: RunOptions): Promise<boolean> {
  const folder = join(ready.folder, 'classes');
  const program = join(folder, 'exercise.py');
  const draft = join(folder, 'classes.jsa');
  await mkdir(folder, { mode: 0o700 });
  try {
    await makeBaseArchive(ready, run, options);
    await writeFile(program, EXERCISE);
    const conf = {
      'spark.master': 'local[1]',
      'spark.ui.enabled': 'false',
      'spark.sql.ansi.enabled': 'true',
      'spark.driver.extraClassPath': sparkJars(ready),
      'spark.driver.extraJavaOptions': [
        QUIET,
        javaWord(`-Djava.io.tmpdir=${folder}`),
        `"-XX:ArchiveClassesAtExit=${draft}"`,
      ].join(' '),
    };
    const { code } = await run(
      join(ready.sparkHome, 'bin', 'spark-submit'),
      [
        ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        program,
        join(folder, 'work'),
      ],
      {
        ...options,
        env: {
          ...stepEnvironment(options.env, { home: folder, scratch: folder }),
          ...sparkEnvironment(ready),
          SPARK_CONF_DIR: folder,
          SPARK_LOCAL_DIRS: folder,
        },
      },
    );
    if (code !== 0 || !existsSync(draft)) return false;
    await rename(draft, join(ready.folder, 'classes.jsa'));
    return true;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ours is laid over the one that a JDK brings; the packaged Java comes without. A Java that is not ours is left alone. */
async function makeBaseArchive({ folder, javaHome }: Ready, run: Run, options: RunOptions): Promise<void> {
  if (relative(folder, javaHome).startsWith('..') || existsSync(join(javaHome, 'lib/server/classes.jsa')))
    return;
  await run(join(javaHome, 'bin', 'java'), ['-Xshare:dump'], options);
}

/** What a class path must begin with for the archive to be used. */
export function sparkJars({ sparkHome }: Pick<Ready, 'sparkHome'>): string {
  return join(sparkHome, 'jars', '*');
}

/** The JVM would complain on stdout, which is the step's, about an archive that does not fit. */
const QUIET = '-Xlog:cds=off -Xlog:cds+dynamic=off';

/** Options of a JVM that is to use the archive. */
export function archiveOptions(archive: string): string {
  return `${QUIET} "-XX:SharedArchiveFile=${archive}"`;
}
