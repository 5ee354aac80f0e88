"""Removes duplicates: a view keeps one of the lines with equal event keys. Finds repeated keys by their hashes first.

Only lines with a repeated hash are read a second time and compared. No other line is shuffled.
"""

from typing import Optional

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine.contracts import Source, View
from engine.failure import StepFailure
from engine.fates import DUPLICATE, KEPT, of_view
from engine.lines import convert, extract, text_of, value_of


def settle_duplicates(rows: DataFrame, lines: DataFrame, source: Source) -> DataFrame:
    """Keeps one line of each event key in each view, and marks the others as duplicates.

    `rows`: the persisted rows of `lines`, in which all lines of an event are still kept.
    """
    settled = rows
    for view in source["views"]:
        losers = find_losers(rows, lines, source, view) if view["event_key"] else None
        if losers is not None:
            settled = without_losers(settled, losers, view)
    return settled


def find_losers(rows: DataFrame, lines: DataFrame, source: Source, view: View) -> Optional[DataFrame]:
    """Returns the lines that are duplicates of another line, or None if no event occurs twice."""
    kept = rows.where(F.col(of_view(view, "fate")) == KEPT)
    keys = kept.select("_id", F.xxhash64(*view["event_key"]).alias("_hash"))
    repeated = keys.groupBy("_hash").agg(F.count(F.lit(1)).alias("_count")).where(F.col("_count") > 1)
    repeated = repeated.select("_hash").persist(StorageLevel.MEMORY_AND_DISK)
    if repeated.count() == 0:
        return None
    rivals = keys.join(repeated, on="_hash", how="left_semi")
    rivals = rivals.select(F.col("_id").alias("_rival"), "_hash").persist(StorageLevel.MEMORY_AND_DISK)
    expected = rivals.count()
    ranked = contest(rivals, lines, source, view).persist(StorageLevel.MEMORY_AND_DISK)
    if ranked.count() != expected:
        raise StepFailure("input", "%s: some lines changed between two reads" % source["name"])
    return ranked.where(F.col("_place") > 1)


def contest(rivals: DataFrame, lines: DataFrame, source: Source, view: View) -> DataFrame:
    """Ranks the lines of each event. The line with the lowest texts wins; lines that differ from it are in conflict."""
    again = lines.join(rivals, on=F.col("_id") == F.col("_rival"), how="left_semi")
    read = convert(extract(again, source), source)
    texts = [text_of(field["name"]) for field in source["fields"]]
    values = [value_of(name) for name in view["event_key"]]
    same_event = Window.partitionBy(*values).orderBy(
        *[F.col(text).asc_nulls_first() for text in texts], "_presence", "_file", "_id"
    )
    up_to_here = same_event.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    winner = F.first(F.struct(*texts)).over(up_to_here)
    ranked = read.select(
        F.col("_id").alias("_loser"),
        F.xxhash64(*values).alias("_again"),
        F.row_number().over(same_event).alias("_place"),
        (~winner.eqNullSafe(F.struct(*texts))).alias("_conflict"),
    )
    # A line has the same key in both reads, whichever way it was parsed.
    same = (F.col("_loser") == F.col("_rival")) & (F.col("_again") == F.col("_hash"))
    return ranked.join(rivals, on=same, how="left_semi")


def without_losers(rows: DataFrame, losers: DataFrame, view: View) -> DataFrame:
    """Marks the losers as duplicates."""
    names = {"_loser": "_loser_in_" + view["name"], "_conflict": "_conflict_in_" + view["name"]}
    lost = losers.select(*[F.col(old).alias(new) for old, new in names.items()])
    lost_here = F.col(names["_loser"]).isNotNull()
    joined = rows.join(lost, on=F.col("_id") == F.col(names["_loser"]), how="left")
    settled: dict[str, Column] = {
        of_view(view, "fate"): F.when(lost_here, F.lit(DUPLICATE)).otherwise(F.col(of_view(view, "fate"))),
        of_view(view, "conflict"): F.coalesce(names["_conflict"], F.lit(False)),
    }
    return joined.withColumns(settled).drop(*names.values())
