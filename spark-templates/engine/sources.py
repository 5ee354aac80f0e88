"""Opens the sources of a step: parses lines, and takes the rows of other lines from an earlier execution."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from engine.books import keep_books, tell_books
from engine.contracts import Books, DataFile, Input, ReadObject, Source, View
from engine.duplicates import count_losers, find_losers
from engine.earlier import Work
from engine.failure import StepFailure
from engine.fates import COUNTED, classify, of_view
from engine.inputs import check_unchanged, is_among, read_lines, reading_failure
from engine.objects import is_bad, is_kept, objects_parsed
from engine.other_keys import other_keys
from engine.quarantine import earlier_rejections, rejected_lines, shapes_of, write_quarantine
from engine.references import reported
from engine.source_table import (
    KeptRows,
    find_mixed,
    has_too_many_writers,
    kept_rows,
    read_rows,
    size_of_lines,
    write_rows,
)
from engine.storage import cached_alone
from engine.typed import find_typed


class Share(NamedTuple):
    """What is parsed of a source."""

    objects: Sequence[ReadObject]
    # Their rows of the source table, or None if no object is parsed.
    rows: Optional[DataFrame]
    # Their rejected lines, or None if there are none.
    rejected: Optional[DataFrame]


NO_SHARE = Share([], None, None)


class Opened(NamedTuple):
    """A source whose lines are read and judged."""

    source: Source
    work: Work
    objects: Sequence[ReadObject]
    # The rows of its source table.
    rows: DataFrame
    # Files of earlier executions that stay as they are, and the rows that are in none of them (None if there are none).
    stay: Sequence[DataFile]
    rest: Optional[DataFrame]
    # Rows of new objects, and the earlier rows of objects that changed or are gone. None if there are none.
    changed: Optional[DataFrame]
    # The rows of each view that are duplicates.
    losers: Mapping[str, Optional[DataFrame]]
    books: Books
    # The data files of its rejected lines.
    quarantine: list[DataFile]
    # The bytes of the lines in `rest`, approximately.
    size: int


def open_source(spark: SparkSession, source: Source, root: str, work: Work, folder: str) -> Opened:
    """Reads a source, finds duplicates, and writes its rejected lines."""
    parsed = parse_objects(spark, source, root, work.new) if work.new or work.earlier is None else NO_SHARE
    files = KeptRows([], []) if work.earlier is None else find_mixed(spark, source, work.earlier)
    stale = [] if work.earlier is None else work.earlier.stale
    added = [parsed.rows] if parsed.rows is not None and (work.earlier is None or has_rows(parsed)) else []
    mixed = [read_rows(spark, source, files.mixed)] if files.mixed else []
    rest = added + [rows.where(~is_among("_file", stale)) for rows in mixed]
    changed = added + [rows.where(is_among("_file", stale)) for rows in mixed]
    whole = [read_rows(spark, source, files.whole)] if files.whole else []
    rows = reduce(DataFrame.unionByName, rest + whole)
    objects = [*parsed.objects, *([] if work.earlier is None else work.earlier.unchanged)]
    losers = {
        # What did not change has the duplicates that it had.
        view["name"]: find_losers(rows, source, view) if changed or had_duplicates(work, view) else None
        for view in source["views"]
    }
    books = keep_books(source, objects, {name: count_losers(its) for name, its in losers.items()})
    rejected = [] if parsed.rejected is None else [parsed.rejected]
    if work.earlier is not None and work.earlier.quarantine:
        rejected.append(earlier_rejections(spark, work.earlier))
    quarantine: list[DataFile] = []
    if books["lines"]["quarantined"] > 0:
        quarantine = write_quarantine(spark, reduce(DataFrame.unionByName, rejected), source, folder)
    name_other_keys(spark, source, root, work, books)
    tell_books(source, books)
    return Opened(
        source=source,
        work=work,
        objects=objects,
        rows=rows,
        stay=files.whole,
        rest=reduce(DataFrame.unionByName, rest) if rest else None,
        changed=reduce(DataFrame.unionByName, changed) if changed else None,
        losers=losers,
        books=books,
        quarantine=quarantine,
        size=sum(one.bytes for one in parsed.objects) + size_of_lines(files.mixed),
    )


def has_rows(share: Share) -> bool:
    return any(is_kept(kind) for one in share.objects for kind in one.kinds)


def had_duplicates(work: Work, view: View) -> bool:
    return work.earlier is None or work.earlier.duplicates[view["name"]] > 0


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
        "files": reported(source_files(opened, folder), folder, source["name"]),
        "parsed": len(opened.work.new),
    }


def source_files(opened: Opened, folder: str) -> list[DataFile]:
    """Writes the rows of the source table that are in no file that stays. Returns all its files."""
    earlier = opened.work.earlier
    if earlier is not None and earlier.refers:
        if opened.rest is None:
            return list(opened.stay)
        if not has_too_many_writers(opened.stay):
            return [*opened.stay, *write_rows(opened.rest, opened.source, folder, opened.size)]
    return write_rows(opened.rows, opened.source, folder, None)
