"""Writes tables. Each is the result of a query over views, with the columns of its contract."""

import os
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from queue import Empty, Queue
from threading import Thread
from typing import Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.baked import COLUMN_LINES, QUERIES
from engine.console import say
from engine.contracts import Table, Written
from engine.failure import StepFailure, query_failure, write_failure
from engine.listing import data_files
from engine.partitions import PartialRebuild, in_partitions, report_made
from engine.places import table_folder
from engine.reading import query_text
from engine.schema import read_files, same_type, schema_of
from engine.session import plans_adaptively

# How long Spark may take to deliver the observed count.
OBSERVED_SECONDS = 60


def write_table(spark: SparkSession, table: Table, part: Optional[PartialRebuild], folder: str) -> Written:
    """Runs the query of a table and writes its result, or only its rows in the partitions that are made again."""
    uri = table_folder(folder, table["name"])
    say("%s: begun, by %s" % (table["name"], QUERIES[table["name"]][0]))
    kept = [] if part is None else part.kept
    rows = 0
    if part is None:
        rows = write_result(spark, table, result_of(spark, table), uri)
    elif part.partitions:
        rows = write_result(spark, table, in_partitions(result_of(spark, table), table, part.partitions), uri)
    if rows == 0 and not kept and table["partition_by"]:
        write_empty(spark, table, uri)
    own = data_files(spark, uri) if rows > 0 or not kept else []
    if kept:
        rows += read_files(spark, kept, table).count()
    say("%s: %d rows" % (table["name"], rows))
    return Written(table, own, kept, rows, report_made(spark, part))


def result_of(spark: SparkSession, table: Table) -> DataFrame:
    return conforming(run_query(spark, table), table)


def write_result(spark: SparkSession, table: Table, frame: DataFrame, uri: str) -> int:
    """Writes rows of a table. Returns their number."""
    observed = Observation()
    # Counts after the exchange, so that the repeated tasks of a lost node do not count rows twice.
    counted = rebalanced(spark, frame, table["partition_by"] or table["key"]).observe(
        observed, F.count(F.lit(1)).alias("rows")
    )
    ordered = counted.sortWithinPartitions(*ordering(table))
    try:
        ordered.write.partitionBy(*table["partition_by"]).parquet(uri, mode="errorifexists")
    except (Py4JError, PySparkException) as error:
        raise write_failure(error, table) from error
    rows = rows_observed(observed)
    return frame.count() if rows is None else rows


def rows_observed(observed: Observation) -> Optional[int]:
    """Returns the observed number of rows, or None: Spark never delivers it if its event queue overflowed."""
    got: Queue[int] = Queue()

    def wait() -> None:
        # Spark may stop first.
        with suppress(Py4JError):
            got.put(observed.get["rows"])

    Thread(target=wait, daemon=True).start()
    try:
        return got.get(timeout=OBSERVED_SECONDS)
    except Empty:
        return None


def run_query(spark: SparkSession, table: Table) -> DataFrame:
    """Returns the frame of a table's query."""
    try:
        return spark.sql(query_text(table))
    except Exception as error:
        raise query_failure(error, table) from error


def conforming(frame: DataFrame, table: Table) -> DataFrame:
    """Orders the columns as the contract does. Fails if their names or types differ from the contract.

    The failure names the line of the first column of the contract that is at fault, or else of the query's first line.
    """
    expected = {field.name: field.dataType for field in schema_of(table)}
    names = [field.name for field in frame.schema]
    actual = {field.name: field.dataType for field in frame.schema}
    missing = [name for name in expected if name not in actual]
    mistyped = [name for name in expected if name in actual and not same_type(actual[name], expected[name])]
    complaints = ["the query returns %s twice" % name for name in sorted(actual) if names.count(name) > 1]
    complaints += ["the query does not return %s" % name for name in missing]
    complaints += [
        "%s is not in the contract%s" % (name, did_you_mean(name, missing)) for name in actual if name not in expected
    ]
    complaints += [
        "%s is %s, not %s" % (name, actual[name].simpleString().upper(), sql_type(table, name)) for name in mistyped
    ]
    if complaints:
        message = "the columns of %s break its contract: %s" % (table["name"], "; ".join(complaints))
        template, first_line, _ = QUERIES[table["name"]]
        lines = COLUMN_LINES[table["name"]]
        line = min([lines[name] for name in missing + mistyped], default=first_line)
        raise StepFailure("contract", message, table["name"], template, line)
    return frame.select(*expected)


def did_you_mean(name: str, candidates: Sequence[str]) -> str:
    """Returns a question that names the nearest candidate, or an empty text if none is near."""
    near = get_close_matches(name.lower(), candidates, n=1)
    return " (did you mean %s?)" % near[0] if near else ""


def sql_type(table: Table, name: str) -> str:
    return next(column["type"] for column in table["columns"] if column["name"] == name)


def rebalanced(spark: SparkSession, frame: DataFrame, names: Sequence[str]) -> DataFrame:
    """Repartitions a frame by `names` into partitions of about the target size."""
    if not plans_adaptively(spark):
        # Without adaptive execution Spark ignores the hint. Small data fit into one partition.
        return frame.coalesce(1)
    # Several tables are written at the same time.
    view = "_landfall_" + os.urandom(8).hex()
    frame.createOrReplaceTempView(view)
    columns = ", ".join("`%s`" % name for name in names)
    return spark.sql("SELECT /*+ REBALANCE(%s) */ * FROM %s" % (columns, view))


def ordering(table: Table) -> list[str]:
    """Returns the columns to sort by, partition columns first: otherwise the writer would sort again by them alone."""
    return table["partition_by"] + [name for name in table["sort_by"] if name not in table["partition_by"]]


def write_empty(spark: SparkSession, table: Table, uri: str) -> None:
    """Writes a file without rows, because a partitioned write of no rows leaves no file and so no schema."""
    columns = [field for field in schema_of(table) if field.name not in table["partition_by"]]
    empty = spark.createDataFrame([], T.StructType(columns)).coalesce(1)
    empty.write.parquet(uri, mode="append")
