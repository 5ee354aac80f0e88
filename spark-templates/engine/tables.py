"""Tables: each is a query over views, written once, as its contract says."""

from collections import namedtuple

from pyspark.sql import Observation
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.baked import QUERIES
from engine.console import say
from engine.failure import StepFailure, query_failure
from engine.reading import check_reading
from engine.schema import schema_of

# A table as written: its contract, where it lies, and the rows its query produced.
Written = namedtuple("Written", ["table", "uri", "rows"])


def write_table(spark, table, folder):
    """Runs a table's query and writes what it gives."""
    uri = "%s/tables/%s" % (folder, table["name"])
    say("%s: begun, by %s" % (table["name"], QUERIES[table["name"]][0]))
    frame = conforming(run_query(spark, table), table)
    observed = Observation()
    # Behind the exchange, where a lost node makes no row count twice.
    counted = rebalanced(spark, frame, table["partition_by"] or table["key"]).observe(
        observed, F.count(F.lit(1)).alias("rows")
    )
    ordered = counted.sortWithinPartitions(*ordering(table))
    try:
        ordered.write.partitionBy(*table["partition_by"]).parquet(uri, mode="errorifexists")
    except Exception as error:
        raise query_failure(error, table) from error
    rows = observed.get["rows"]
    if rows == 0 and table["partition_by"]:
        write_empty(spark, table, uri)
    say("%s: %d rows" % (table["name"], rows))
    return Written(table, uri, rows)


def run_query(spark, table):
    """The frame of a table's query, which only reads."""
    text = QUERIES[table["name"]][2][1:]
    try:
        check_reading(spark, text, table)
        return spark.sql(text)
    except StepFailure:
        raise
    except Exception as error:
        raise query_failure(error, table) from error


def conforming(frame, table):
    """The frame with the contract's columns in its order; fails when they are not there, or of other types."""
    expected = {field.name: field.dataType for field in schema_of(table)}
    names = [field.name for field in frame.schema]
    actual = {field.name: field.dataType for field in frame.schema}
    complaints = ["%s is there twice" % name for name in sorted(actual) if names.count(name) > 1]
    complaints += ["%s is missing" % name for name in expected if name not in actual]
    complaints += ["%s is not in the contract" % name for name in names if name not in expected]
    complaints += [
        "%s is %s, not %s" % (name, actual[name].simpleString().upper(), sql_type(table, name))
        for name in expected
        if name in actual and actual[name] != expected[name]
    ]
    if complaints:
        message = "the columns of %s break its contract: %s" % (table["name"], "; ".join(complaints))
        raise StepFailure("contract", message, table["name"])
    return frame.select(*expected)


def sql_type(table, name):
    return next(column["type"] for column in table["columns"] if column["name"] == name)


def rebalanced(spark, frame, names):
    """The frame in partitions of about the target size, and no value of `names` in more of them than it needs."""
    view = "_landfall_rebalanced"
    frame.createOrReplaceTempView(view)
    columns = ", ".join("`%s`" % name for name in names)
    return spark.sql("SELECT /*+ REBALANCE(%s) */ * FROM %s" % (columns, view))


def ordering(table):
    """Partition columns first, or the writer would sort again, by them alone."""
    return table["partition_by"] + [name for name in table["sort_by"] if name not in table["partition_by"]]


def write_empty(spark, table, uri):
    """A partitioned write of no rows leaves no file, and so no schema: this leaves one, without partition columns."""
    columns = [field for field in schema_of(table) if field.name not in table["partition_by"]]
    empty = spark.createDataFrame([], T.StructType(columns)).coalesce(1)
    empty.write.parquet(uri, mode="append")
