"""The quarantine of a source: rejected lines, readable afterwards."""

from pyspark.sql import Window
from pyspark.sql import functions as F

from engine.inputs import FEW, raw_name
from engine.tables import rebalanced


def write_quarantine(spark, rows, source, folder):
    """Rejected lines: where they stand, why, which field and value, and the line itself, cut when it is long. Any reader
    knows gzip. Returns the objects that are JSON of another shape than an object a line."""
    rejected = numbered(rows).select(
        F.lit(source["name"]).alias("source"),
        raw_name().alias("file"),
        "line",
        F.col("_reason").alias("reason"),
        F.col("_field").alias("field"),
        F.col("_value").alias("value"),
        F.col("_raw").alias("raw"),
        F.col("_bytes").alias("bytes"),
    )
    balanced = rebalanced(spark, rejected, ["file"]).sortWithinPartitions("file", "line")
    uri = "%s/quarantine/%s" % (folder, source["name"])
    balanced.write.parquet(uri, mode="errorifexists", compression="gzip")
    return misshapen_objects(rows)


def numbered(rows):
    """The rejected lines, each with its number in its object: lines are read in order, split by split."""
    splits = rows.groupBy("_file", "_start").agg(F.min("_id").alias("_first"), F.count(F.lit(1)).alias("_count"))
    earlier = Window.partitionBy("_file").orderBy("_start").rowsBetween(Window.unboundedPreceding, -1)
    offsets = splits.select("_file", "_start", "_first", F.sum("_count").over(earlier).alias("_before"))
    number = F.col("_id") - F.col("_first") + F.coalesce("_before", F.lit(0)) + 1
    return rejected_of(rows).join(offsets, on=["_file", "_start"]).withColumn("line", number)


def rejected_of(rows):
    return rows.where(F.col("_fate") == "quarantined")


def misshapen_objects(rows):
    """Objects whose first line opens an array, or an object that goes on in the next line: how many, and a few names."""
    told = rows.where((F.col("_start") == 0) & (F.col("_fate") != "blank"))
    first = told.groupBy("_file").agg(F.min_by(F.struct("_reason", "_raw"), "_id").alias("_first"))
    goes_on = (F.col("_first._reason") == "unparsable") & F.col("_first._raw").rlike(r"^\s*\{(.*[,{\[])?\s*$")
    shape = F.when(F.col("_first._reason") == "array", F.lit("array")).when(goes_on, F.lit("object"))
    shaped = first.select(raw_name().alias("_name"), shape.alias("_shape")).where(F.col("_shape").isNotNull())
    names = F.slice(F.sort_array(F.collect_set("_name")), 1, FEW)
    found = shaped.groupBy("_shape").agg(F.count(F.lit(1)).alias("objects"), names.alias("names")).collect()
    return [
        {"shape": row["_shape"], "objects": row["objects"], "sample": row["names"]}
        for row in sorted(found, key=lambda one: one["_shape"])
    ]
