"""Finds duplicates: a view keeps one of the lines with equal event keys. Finds repeated keys by their hashes first.

Only lines with a repeated hash are compared. No other line is shuffled.
"""

from typing import Optional

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine.contracts import Field, Lost, Source, View
from engine.schema import element_of
from engine.source_table import is_row_of

# What identifies a row.
IDENTITY = ["_file", "_id"]


def find_losers(rows: DataFrame, source: Source, view: View) -> Optional[DataFrame]:
    """Returns the rows of a view that are duplicates of another one, or None if no event occurs twice.

    Each has its identity, its state, and `_conflict`: whether its content differs from that of the row kept.
    """
    if not view["event_key"]:
        return None
    hashed = rows.where(F.col(is_row_of(view["name"]))).withColumn("_hash", F.xxhash64(*view["event_key"]))
    repeated = hashed.groupBy("_hash").agg(F.count(F.lit(1)).alias("_count")).where(F.col("_count") > 1)
    repeated = repeated.select("_hash").persist(StorageLevel.MEMORY_AND_DISK)
    if repeated.count() == 0:
        return None
    rivals = hashed.join(repeated, on="_hash", how="left_semi")
    return contest(rivals, source, view).where(F.col("_place") > 1).persist(StorageLevel.MEMORY_AND_DISK)


def contest(rivals: DataFrame, source: Source, view: View) -> DataFrame:
    """Ranks the rows of each event. The row with the lowest texts wins; rows that differ from it are in conflict."""
    content = [canonical_text(field).alias("_text_%d" % index) for index, field in enumerate(source["fields"])]
    texts = ["_text_%d" % index for index in range(len(content))]
    compared = rivals.select(*IDENTITY, "_state", *view["event_key"], *content)
    same_event = Window.partitionBy(*view["event_key"]).orderBy(
        *[F.col(text).asc_nulls_first() for text in texts], "_state", *IDENTITY
    )
    up_to_here = same_event.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    winner = F.first(F.struct(*texts)).over(up_to_here)
    return compared.select(
        *IDENTITY,
        "_state",
        F.row_number().over(same_event).alias("_place"),
        (~winner.eqNullSafe(F.struct(*texts))).alias("_conflict"),
    )


def canonical_text(field: Field) -> Column:
    """The value of a field as text: null if it has none. Different values have different texts."""
    if element_of(field["type"]) is not None:
        # As JSON, a timestamp would lose its microseconds.
        return F.to_json(F.col(field["name"]).cast("array<string>"))
    return F.col(field["name"]).cast("string")


def count_losers(losers: Optional[DataFrame]) -> list[Lost]:
    """Counts the rows that are duplicates, and those that are in conflict, by state."""
    if losers is None:
        return []
    conflicts = F.count(F.when(F.col("_conflict"), 1)).alias("conflicts")
    return [Lost(*row) for row in losers.groupBy("_state").agg(F.count(F.lit(1)).alias("lines"), conflicts).collect()]
