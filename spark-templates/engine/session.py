"""The Spark session. It sets everything that results depend on, so that they are the same on every cluster."""

import logging
import math
from collections.abc import Sequence

from pyspark import SparkConf
from pyspark.sql import SparkSession

from engine.baked import STEP, TARGET_FILE_SIZE
from engine.contracts import Input

SETTINGS = {
    # The meaning of queries.
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
    # Spark 4.0 reads numbers as 3.5 does, and accepts bytes that are not UTF-8.
    "spark.sql.json.enableExactStringParsing": "false",
    "spark.sql.legacy.codingErrorAction": "true",
    # Reading never skips a file silently.
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
    # Few large files: Spark merges and splits partitions by size, not by the number of cores.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "true",
    # The JVM does not compile longer methods. Many short ones run faster than one that is interpreted.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # Plans are wide. This prevents a warning that their text was cut.
    "spark.sql.debug.maxToStringFields": "200",
}

# Bytes of shuffle data per byte of zstd Parquet, approximately.
SHUFFLE_EXPANSION = 2
MIB = 1 << 20


def open_session() -> SparkSession:
    """Starts a session. Its settings take precedence over spark-defaults and the command line."""
    local = SparkConf().get("spark.master", "local").startswith("local")
    builder = (
        SparkSession.builder.appName("landfall " + STEP)
        # Without a metastore, a query cannot read a table of the catalog by mistake.
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.speculation", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    if local:
        builder = builder.config("spark.ui.enabled", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    # tell() reports a failure once.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)
    spark.conf.set("spark.sql.adaptive.advisoryPartitionSizeInBytes", str(TARGET_FILE_SIZE * SHUFFLE_EXPANSION))
    return spark


def fit_to_input(spark: SparkSession, inputs: Sequence[Input]) -> None:
    """Fits the number of tasks to the input: several small objects share a task, a megabyte needs no 200 partitions."""
    cores = spark.sparkContext.defaultParallelism
    total = sum(found.size for found in inputs)
    count = max(1, len(inputs))
    remote = any(not found.uri.startswith("file:") for found in inputs)
    # Fetching a small object takes about 0.1 s. A task should take a minute at most: a lost node repeats its tasks.
    tasks = max(4 * cores, count * 0.1 / 60) if remote else 2 * cores
    open_cost = 128 * MIB * tasks / count - total / count
    spark.conf.set("spark.sql.files.openCostInBytes", str(int(min(max(open_cost, 4096), 4 * MIB))))
    spark.conf.set("spark.sql.shuffle.partitions", str(min(max(2 * cores, math.ceil(total / (64 * MIB))), 10000)))
