"""The Spark session. It sets everything that affects results, so that they are the same on every cluster."""

import logging
import math
from collections.abc import Sequence

from pyspark import SparkConf
from pyspark.sql import SparkSession

from engine.baked import STEP, TARGET_FILE_SIZE
from engine.console import say
from engine.contracts import Input
from engine.storage import jvm

SETTINGS = {
    # What queries mean.
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
    # A value of another type than the schema's makes the whole line null, and so does an empty text.
    "spark.sql.json.enablePartialResults": "false",
    "spark.sql.legacy.json.allowEmptyString.enabled": "false",
    # Reading never skips a file silently.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.maxPartitionBytes": "128m",
    # For these schemes, Spark 4.0 lists all objects below a prefix at once, not folder by folder.
    "spark.sql.sources.useListFilesFileSystemList": "s3,s3a",
    # Parquet.
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.files.maxRecordsPerFile": "0",
    # Write few large files: Spark merges and splits partitions by size, not by the number of cores.
    "spark.sql.adaptive.enabled": "true",
    # The largest Parquet file to broadcast in a join. Its rows need about five times as much memory.
    "spark.sql.autoBroadcastJoinThreshold": "32m",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "true",
    # The JVM does not compile longer methods, and many compiled short ones run faster than an interpreted long one.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # Spark writes each plan as text several times, for listeners. Plans are wide, and nobody reads these texts.
    "spark.sql.debug.maxToStringFields": "2",
    # An adaptive plan is written as it was and as it is. In plans of cached frames, which contain one another, that
    # would double the text at each level.
    "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "false",
}

# For so many bytes, planning and compiling queries takes longer than running them.
SMALL_DATA = 8 << 20
WHY_SMALL = "small data, so Spark interprets queries and does not plan them anew while they run"
WHY_NOT_SMALL = "Spark compiles queries and adapts their plans to the sizes that it finds"
# Each exchange has one partition, so there is nothing to adapt, and each stage of an adaptive plan is a job of its own.
FOR_SMALL_DATA = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
FOR_OTHER_DATA = {
    # Few large files: Spark merges and splits partitions by size, not by the number of cores.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
# How often JSON is larger than its gzip, at most as a rule.
GZIP_RATIO = 20
# Bytes of JSON per byte of zstd Parquet, approximately.
JSON_RATIO = 8
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
    keep_functions(spark)
    spark.sparkContext.setLogLevel("WARN")
    configurator = jvm(spark).org.apache.logging.log4j.core.config.Configurator
    # Silences the warning that the text of a plan was truncated.
    configurator.setLevel("org.apache.spark.sql.catalyst.util.package", "ERROR")
    # A failure is reported by report_failure(), once.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)
    spark.conf.set("spark.sql.adaptive.advisoryPartitionSizeInBytes", str(TARGET_FILE_SIZE * SHUFFLE_EXPANSION))
    return spark


def keep_functions(spark: SparkSession) -> None:
    """Makes PySpark find `functions` at once. It asks for this class at each use, and Java looks for it in all jars."""
    view = jvm(spark)
    view.functions = view.functions


def fit_to_data(spark: SparkSession, inputs: Sequence[Input], upstream_size: int) -> None:
    """Fits the number of tasks to the input, and the way in which Spark runs queries to all data of the step.

    `upstream_size`: the bytes of the tables that the step reads, source tables of an earlier execution included.
    """
    cores = spark.sparkContext.defaultParallelism
    total = sum(found.size for found in inputs)
    count = max(1, len(inputs))
    remote = any(not found.uri.startswith("file:") for found in inputs)
    # Fetching a small object takes about 0.1 s. A task should take at most a minute, since those of a lost node repeat.
    tasks = max(4 * cores, count * 0.1 / 60) if remote else 2 * cores
    open_cost = 128 * MIB * tasks / count - total / count
    spark.conf.set("spark.sql.files.openCostInBytes", str(int(min(max(open_cost, 4096), 4 * MIB))))
    # Some lines are read twice and identified by their place in a split: the splits must not depend on the cores left.
    spark.conf.set("spark.sql.files.minPartitionNum", str(cores))
    if remote:
        # Makes tasks list the folders. Otherwise Spark 3.5 lists up to 32 folders one by one.
        spark.conf.set("spark.sql.sources.parallelPartitionDiscovery.threshold", "8")
    partitions = min(max(2 * cores, math.ceil((total + JSON_RATIO * upstream_size) / (64 * MIB))), 10000)
    small = is_small(inputs, upstream_size)
    spark.conf.set("spark.sql.shuffle.partitions", "1" if small else str(partitions))
    for key, value in (FOR_SMALL_DATA if small else FOR_OTHER_DATA).items():
        spark.conf.set(key, value)
    say("%d input objects of %.1f MB: %s" % (len(inputs), total / 1e6, WHY_SMALL if small else WHY_NOT_SMALL))


def plans_adaptively(spark: SparkSession) -> bool:
    """Whether adaptive query execution is on. It is, unless the data are small."""
    return spark.conf.get("spark.sql.adaptive.enabled") == "true"


def is_small(inputs: Sequence[Input], upstream_size: int) -> bool:
    """Whether planning takes longer than reading the inputs, and tables of `upstream_size` bytes.

    Data that may fill more than one file are not small: only adaptive plans divide a table by the size of its files.
    """
    unpacked = sum(found.size * (GZIP_RATIO if found.uri.endswith(".gz") else 1) for found in inputs)
    return unpacked + upstream_size <= min(SMALL_DATA, TARGET_FILE_SIZE)
