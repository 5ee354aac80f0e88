"""Opens the sources of a step: parses lines, takes rows of an earlier execution, and registers the views."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from engine.books import keep_books, tell_books
from engine.contracts import Books, DataFile, Input, ReadObject, Source
from engine.duplicates import IDENTITY, count_losers, find_losers
from engine.earlier import Earlier, Work
from engine.failure import StepFailure
from engine.fates import COUNTED, classify, of_view
from engine.inputs import check_unchanged, is_among, raw_name, read_lines, reading_failure
from engine.objects import is_bad, is_kept, objects_parsed
from engine.other_keys import other_keys
from engine.quarantine import earlier_rejections, rejected_lines, shapes_of, write_quarantine
from engine.source_table import is_row_of, kept_rows, read_rows, write_rows
from engine.storage import cached_alone
from engine.typed import find_typed


class Share(NamedTuple):
    """What is known of some objects of a source."""

    objects: Sequence[ReadObject]
    # Their rows of the source table.
    rows: DataFrame
    # Their rejected lines, or None if there are none.
    rejected: Optional[DataFrame]


class Opened(NamedTuple):
    """A source whose views are registered."""

    source: Source
    work: Work
    objects: Sequence[ReadObject]
    # The rows of its source table.
    rows: DataFrame
    books: Books
    # The data files of its rejected lines.
    quarantine: list[DataFile]


def open_source(spark: SparkSession, source: Source, root: str, work: Work, folder: str) -> Opened:
    """Reads a source and registers its views. Writes its rejected lines."""
    shares = []
    if work.new or work.earlier is None:
        shares.append(parse_objects(spark, source, root, work.new))
    if work.earlier is not None:
        shares.append(take_over(spark, source, work.earlier))
    objects = [one for share in shares for one in share.objects]
    rows = reduce(DataFrame.unionByName, [share.rows for share in shares])
    losers = {view["name"]: find_losers(rows, source, view) for view in source["views"]}
    lost = {name: count_losers(its) for name, its in losers.items()}
    books = keep_books(source, objects, lost)
    register_views(rows, source, losers)
    rejected = [share.rejected for share in shares if share.rejected is not None]
    quarantine: list[DataFile] = []
    if books["lines"]["quarantined"] > 0:
        quarantine = write_quarantine(spark, reduce(DataFrame.unionByName, rejected), source, folder)
    name_other_keys(spark, source, root, work, books)
    tell_books(source, books)
    return Opened(source, work, objects, rows, books, quarantine)


def parse_objects(spark: SparkSession, source: Source, root: str, inputs: Sequence[Input]) -> Share:
    """Parses the lines of objects, and caches them, so that no query parses them again."""
    lines = read_lines(spark, source, root, inputs)
    judged = classify(lines, source, find_typed(spark, source, inputs))
    judged = cached_alone(judged.persist(StorageLevel.MEMORY_AND_DISK))
    try:
        counts = count_lines(judged, source)
    except StepFailure:
        check_unchanged(spark, source, root, inputs)
        raise
    except Exception as error:
        raise reading_failure(spark, error, source, root, inputs) from error
    objects = objects_parsed(spark, source, inputs, counts)
    if not any(is_bad(kind) for one in objects for kind in one.kinds):
        return Share(objects, kept_rows(judged, source), None)
    shapes = shapes_of(judged)
    shaped = [one._replace(shape=shapes.get(one.file or "")) for one in objects]
    return Share(shaped, kept_rows(judged, source), rejected_lines(judged, source))


def count_lines(judged: DataFrame, source: Source) -> list[Row]:
    """Counts the lines of each object by form, state and fate."""
    counted = ["_file", "_size", "_modified", "_form", "_state"]
    counted += [of_view(view, part) for view in source["views"] for part in COUNTED]
    totals = [F.count(F.lit(1)).alias("lines"), F.sum("_bytes").alias("bytes"), F.max("_bytes").alias("longest")]
    return judged.groupBy(*counted).agg(*totals).collect()


def take_over(spark: SparkSession, source: Source, earlier: Earlier) -> Share:
    """Takes the rows and counts of unchanged objects from an earlier execution."""
    rows = read_rows(spark, source, earlier.folder, earlier.rows)
    rows = rows.where(~is_among("_file", earlier.stale))
    rejected = earlier_rejections(spark, earlier) if earlier.quarantine else None
    return Share(earlier.unchanged, rows, rejected)


def register_views(rows: DataFrame, source: Source, losers: Mapping[str, Optional[DataFrame]]) -> None:
    """Registers the views that queries read: the fields of the lines kept, and the raw URI of their object, `_file`."""
    names = [field["name"] for field in source["fields"]]
    for view in source["views"]:
        kept = rows.where(F.col(is_row_of(view["name"])))
        lost = losers[view["name"]]
        if lost is not None:
            kept = kept.join(lost.select(*IDENTITY), on=IDENTITY, how="left_anti")
        kept.select(*names, raw_name().alias("_file")).createOrReplaceTempView(view["name"])


def name_other_keys(spark: SparkSession, source: Source, root: str, work: Work, books: Books) -> None:
    """If no line has a certain field of a view, adds the keys that the lines do have to the books."""
    for view in source["views"]:
        its = books["views"][view["name"]]
        if not its["unknown"]:
            continue
        lines = read_lines(spark, source, root, work.inputs)
        try:
            its["otherKeys"] = other_keys(lines, source, view, its["unknown"])
        except Exception as error:
            raise reading_failure(spark, error, source, root, work.inputs) from error


def write_source_table(spark: SparkSession, opened: Opened, folder: str) -> dict[str, Any]:
    """Writes the source table, so that no later execution parses these lines again. Returns its part of the report."""
    source = opened.source
    return {
        "digest": source["digest"],
        "rows": sum(kind.lines for one in opened.objects for kind in one.kinds if is_kept(kind)),
        "files": write_rows(opened.rows, source, folder),
        "parsed": len(opened.work.new),
    }
