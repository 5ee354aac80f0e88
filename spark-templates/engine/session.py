"""The Spark session. Everything that results depend on is written out: no version, cluster or machine decides it."""

import logging
import math

from pyspark import SparkConf
from pyspark.sql import SparkSession

from engine.baked import STEP, TARGET_FILE_SIZE

SETTINGS = {
    # Meaning.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.ansi.enforceReservedKeywords": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.variable.substitute": "false",
    # Queries read views, never paths.
    "spark.sql.runSQLOnFiles": "false",
    # Spark 4.0 would read numbers differently than 3.5 does, and refuse bytes that are not UTF-8.
    "spark.sql.json.enableExactStringParsing": "false",
    "spark.sql.legacy.codingErrorAction": "true",
    # Reading: nothing is passed over in silence.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.maxPartitionBytes": "128m",
    # Parquet.
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.files.maxRecordsPerFile": "0",
    # Few large files: partitions are merged and split by size, not by the number of cores.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "true",
    # The JVM never compiles a method of more bytes than this: better many small ones than one that is interpreted.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # Plans are wide; a warning that their text is cut tells nobody anything.
    "spark.sql.debug.maxToStringFields": "200",
}

# Bytes of a shuffle that make one byte of a zstd Parquet file, about.
SHUFFLE_EXPANSION = 2
MIB = 1 << 20


def open_session():
    """A session of our own settings, which win over spark-defaults and the command line."""
    local = SparkConf().get("spark.master", "local").startswith("local")
    builder = (
        SparkSession.builder.appName("landfall " + STEP)
        # No metastore: there is nothing in a catalog that a query could read by mistake.
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.speculation", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    if local:
        builder = builder.config("spark.ui.enabled", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    # What fails is told once, by tell().
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)
    spark.conf.set("spark.sql.adaptive.advisoryPartitionSizeInBytes", str(TARGET_FILE_SIZE * SHUFFLE_EXPANSION))
    return spark


def fit_to_input(spark, inputs):
    """Sizes tasks by the input: neither a task for every few small objects, nor 200 partitions for a megabyte."""
    cores = spark.sparkContext.defaultParallelism
    total = sum(found.size for found in inputs)
    count = max(1, len(inputs))
    remote = any(not found.uri.startswith("file:") for found in inputs)
    # A small object takes about 0.1 s to fetch; a task should not take minutes, lest a lost node cost much.
    tasks = max(4 * cores, count * 0.1 / 60) if remote else 2 * cores
    open_cost = 128 * MIB * tasks / count - total / count
    spark.conf.set("spark.sql.files.openCostInBytes", str(int(min(max(open_cost, 4096), 4 * MIB))))
    spark.conf.set("spark.sql.shuffle.partitions", str(min(max(2 * cores, math.ceil(total / (64 * MIB))), 10000)))
