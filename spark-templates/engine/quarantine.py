"""The quarantine of a source: a Parquet table of its rejected lines."""

from typing import Optional

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from engine.base import QUARANTINE
from engine.contracts import DataFile, Source
from engine.earlier import Earlier
from engine.fates import BLANK_LINE, QUARANTINED, is_unparsable, of_view, text_struct
from engine.inputs import is_among, raw_name
from engine.listing import data_files
from engine.places import table_folder
from engine.schema import literal_paths
from engine.storage import decoded
from engine.tables import rebalanced

QUARANTINE_SCHEMA = (
    "view STRING, file STRING, line BIGINT, reason STRING, field STRING, value STRING, raw STRING, bytes INT"
)


def rejected_lines(judged: DataFrame, source: Source) -> DataFrame:
    """Returns a row for each line and each view that rejects it, with its place and the reason. Cuts long lines."""
    return numbered(rejections(judged, source), judged).select(
        "view",
        raw_name().alias("file"),
        "line",
        "reason",
        "field",
        "value",
        F.col("_raw").alias("raw"),
        F.col("_bytes").alias("bytes"),
    )


def earlier_rejections(spark: SparkSession, earlier: Earlier) -> DataFrame:
    """Returns the rows of the quarantine that an earlier execution wrote, except those of stale objects."""
    rows = spark.read.schema(QUARANTINE_SCHEMA).parquet(*literal_paths(earlier.quarantine))
    return rows.where(~is_among("file", [decoded(file) for file in earlier.stale]))


def write_quarantine(spark: SparkSession, rejected: DataFrame, source: Source, folder: str) -> list[DataFile]:
    """Writes rejected lines. All sources of a step share one table, and each has a partition of it.

    Returns the data files of this one.
    """
    balanced = rebalanced(spark, rejected, ["file"]).sortWithinPartitions("file", "line", "view")
    table, partition = table_folder(folder, QUARANTINE), "source=%s" % source["name"]
    uri = "%s/%s" % (table, partition)
    # Every reader of Parquet supports gzip.
    balanced.write.parquet(uri, compression="gzip")
    return [DataFile(table, "%s/%s" % (partition, file.name), file.size) for file in data_files(spark, uri)]


def rejections(rows: DataFrame, source: Source) -> DataFrame:
    """Returns a row for each line and view that rejects it. A line that no view can use has one, without a view."""
    found = [F.when(is_unparsable(), rejected_by(None, F.col("_form")))]
    for view in source["views"]:
        reason, field, value = (
            F.col(of_view(view, "reason")),
            F.col(of_view(view, "field")),
            F.col(of_view(view, "value")),
        )
        is_rejected = F.col(of_view(view, "fate")) == QUARANTINED
        found.append(F.when(is_rejected, rejected_by(view["name"], reason, field, value)))
    place = ["_file", "_start", "_id", "_raw", "_bytes"]
    return rows.where(F.col("_raw").isNotNull()).select(*place, F.inline(F.array_compact(F.array(*found))))


def rejected_by(
    view: Optional[str], reason: Column, field: Optional[Column] = None, value: Optional[Column] = None
) -> Column:
    return text_struct({"view": F.lit(view), "reason": reason, "field": field, "value": value})


def numbered(rejected: DataFrame, rows: DataFrame) -> DataFrame:
    """Adds to each rejected line its number in its object. Spark numbers lines in order, but only within a split."""
    splits = rows.groupBy("_file", "_start").agg(F.min("_id").alias("_first"), F.count(F.lit(1)).alias("_count"))
    earlier = Window.partitionBy("_file").orderBy("_start").rowsBetween(Window.unboundedPreceding, -1)
    offsets = splits.select("_file", "_start", "_first", F.sum("_count").over(earlier).alias("_before"))
    number = F.col("_id") - F.col("_first") + F.coalesce("_before", F.lit(0)) + 1
    return rejected.join(offsets, on=["_file", "_start"]).withColumn("line", number)


def shapes_of(judged: DataFrame) -> dict[str, str]:
    """Returns the shape of each object that starts with an array, or with a JSON object of several lines."""
    starts = judged.where((F.col("_start") == 0) & (F.col("_form") != BLANK_LINE))
    first = starts.groupBy("_file").agg(F.min_by(F.struct("_form", "_raw"), "_id").alias("_first"))
    goes_on = (F.col("_first._form") == "unparsable") & F.col("_first._raw").rlike(r"^\s*\{(.*[,{\[])?\s*$")
    shape = F.when(F.col("_first._form") == "array", F.lit("array")).when(goes_on, F.lit("object"))
    shaped = first.select("_file", shape.alias("_shape")).where(F.col("_shape").isNotNull())
    return {row["_file"]: row["_shape"] for row in shaped.collect()}
