"""The books of a source: what its objects contained, and what became of each line in each view."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from engine.console import say
from engine.contracts import Books, DataFile, Input, Source, UnknownField, View, ViewBooks
from engine.duplicates import settle_duplicates
from engine.exact import dotted
from engine.failure import StepFailure
from engine.fates import (
    BLANK_LINE,
    DUPLICATE,
    FILTERED,
    KEPT,
    OBJECT,
    QUARANTINED,
    UNFIT,
    Part,
    classify,
    of_view,
)
from engine.inputs import changed_failure, check_unchanged, has_changed, is_whole, raw_name, read_lines, reading_failure
from engine.lines import BLANK, MISSING
from engine.long_lines import refuse_long_lines
from engine.other_keys import other_keys
from engine.quarantine import misshapen_objects, write_quarantine
from engine.storage import cached_alone, decoded, hadoop_path, place
from engine.typed import find_typed

# The columns of each view by which lines are counted.
COUNTED: tuple[Part, ...] = ("fate", "reason", "field", "conflict")


def open_source(
    spark: SparkSession, source: Source, root: str, inputs: Sequence[Input], folder: str
) -> tuple[Books, list[DataFile]]:
    """Reads a source and registers its views. Returns its books, and the files of its rejected lines."""
    lines = read_lines(spark, source, root, inputs)
    judged = classify(lines, source, find_typed(spark, source, inputs))
    judged = cached_alone(judged.persist(StorageLevel.MEMORY_AND_DISK))
    counted = ["_file", "_size", "_modified", "_form", "_state"]
    counted += [of_view(view, part) for view in source["views"] for part in COUNTED]
    totals = [F.count(F.lit(1)).alias("lines"), F.sum("_bytes").alias("bytes"), F.max("_bytes").alias("longest")]
    try:
        rows = settle_duplicates(judged, lines, source)
        counts = rows.groupBy(*counted).agg(*totals).collect()
    except StepFailure:
        check_unchanged(spark, source, root, inputs)
        raise
    except Exception as error:
        raise reading_failure(spark, error, source, root, inputs) from error
    books = keep_books(spark, source, inputs, counts)
    register_views(rows, source)
    rejected: list[DataFile] = []
    if books["lines"]["quarantined"] > 0:
        rejected = write_quarantine(spark, rows, source, folder)
        books["misshapen"] = misshapen_objects(rows)
    for view in source["views"]:
        unknown = books["views"][view["name"]]["unknown"]
        try:
            books["views"][view["name"]]["otherKeys"] = other_keys(lines, source, view, unknown) if unknown else []
        except Exception as error:
            raise reading_failure(spark, error, source, root, inputs) from error
    tell_books(source, books)
    return books, rejected


def tell_books(source: Source, books: Books) -> None:
    """Logs what became of the lines."""
    read, unparsable = books["lines"]["read"], books["lines"]["unparsable"]
    say("%s: %d lines, of which %d cannot be parsed" % (source["name"], read, unparsable))
    for view in source["views"]:
        fates = books["views"][view["name"]]["lines"]
        said = (fates["kept"], fates["filtered"], fates["duplicates"], fates["quarantined"])
        say("%s: %d kept, %d filtered, %d duplicates, %d quarantined" % (view["name"], *said))


def register_views(rows: DataFrame, source: Source) -> None:
    """Registers the views that queries read: the fields of the lines kept, and the raw URI of their object, `_file`."""
    names = [field["name"] for field in source["fields"]]
    for view in source["views"]:
        kept = rows.where(F.col(of_view(view, "fate")) == KEPT).select(*names, raw_name().alias("_file"))
        kept.createOrReplaceTempView(view["name"])


def keep_books(spark: SparkSession, source: Source, inputs: Sequence[Input], counts: Sequence[Row]) -> Books:
    """Makes the books from counts by object, form and fate. Fails if an object has changed or a line is too long."""
    seen = {place(decoded(row["_file"])): row for row in counts}
    changed = [entry.uri for entry in inputs if differs(spark, entry, seen.get(place(entry.uri)))]
    if changed:
        raise changed_failure(source, changed)
    # By form: the number of lines.
    forms: Counter[str] = Counter()
    rejected = 0
    # By object: the number of lines, their bytes, and the bytes of the longest line.
    lines: Counter[str] = Counter()
    content: Counter[str] = Counter()
    longest: Counter[str] = Counter()
    for row in counts:
        where = place(decoded(row["_file"]))
        lines[where] += row["lines"]
        content[where] += row["bytes"]
        longest[where] = max(longest[where], row["longest"])
        forms[row["_form"]] += row["lines"]
        if any(row[of_view(view, "fate")] == QUARANTINED for view in source["views"]):
            rejected += row["lines"]
    places = [(entry, place(entry.uri)) for entry in inputs]
    refuse_long_lines(spark, source, [(entry, lines[at], content[at], longest[at]) for entry, at in places])
    unparsable = {form: count for form, count in sorted(forms.items()) if form not in (BLANK_LINE, OBJECT)}
    return {
        "objects": {
            "manifest": len(inputs),
            "read": len(seen),
            "empty": len(inputs) - len(seen),
            "unaccounted": [entry.uri for entry, at in places if not makes_up(entry, lines[at], content[at])],
        },
        "lines": {
            "read": sum(forms.values()) - forms[BLANK_LINE],
            "blank": forms[BLANK_LINE],
            "unparsable": sum(unparsable.values()),
            "quarantined": sum(unparsable.values()) + rejected,
        },
        "unparsableBy": [{"reason": form, "lines": count} for form, count in unparsable.items()],
        "misshapen": [],
        "views": {view["name"]: books_of(source, view, counts) for view in source["views"]},
    }


def books_of(source: Source, view: View, counts: Sequence[Row]) -> ViewBooks:
    """Makes the books of a view. They cover the lines that parse."""
    # By fate, by reason and field, and by fate and state: the number of lines.
    fates: Counter[str] = Counter()
    rejections: Counter[tuple[str, str]] = Counter()
    states: Counter[tuple[str, str]] = Counter()
    conflicts = 0
    for row in counts:
        if row["_form"] != OBJECT:
            continue
        fate = row[of_view(view, "fate")]
        fates[fate] += row["lines"]
        conflicts += row["lines"] if row[of_view(view, "conflict")] else 0
        if fate != FILTERED:
            states[(fate, row["_state"])] += row["lines"]
        if fate == QUARANTINED:
            rejections[(row[of_view(view, "reason")], row[of_view(view, "field")])] += row["lines"]
    return {
        "lines": {
            "kept": fates[KEPT],
            "filtered": fates[FILTERED],
            "duplicates": fates[DUPLICATE],
            "quarantined": fates[QUARANTINED],
        },
        "conflicts": conflicts,
        "quarantinedBy": [
            {"reason": reason, "field": field, "lines": count} for (reason, field), count in sorted(rejections.items())
        ],
        "nulls": count_nulls(source, states),
        "unknown": never_known(source, states),
        "otherKeys": [],
    }


def count_nulls(source: Source, states: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Counts the kept lines without a value, by field and reason. Leaves out fields that always have a value."""
    counts = []
    for index, field in enumerate(source["fields"]):
        why: Counter[str] = Counter()
        for (fate, letters), lines in states.items():
            if fate == KEPT:
                why[letters[index]] += lines
        if why[MISSING] + why[BLANK] + why[UNFIT] > 0:
            numbers = {"missing": why[MISSING], "blank": why[BLANK], "unfit": why[UNFIT]}
            counts.append({"field": field["name"], **numbers})
    return counts


def never_known(source: Source, states: Mapping[tuple[str, str], int]) -> list[UnknownField]:
    """Returns the fields that are missing or blank in all lines that parse and pass the filter."""
    return [
        {"field": field["name"], "key": dotted(field["path"]), "type": field["type"]}
        for index, field in enumerate(source["fields"])
        if states and all(letters[index] in (MISSING, BLANK) for _, letters in states)
    ]


def makes_up(entry: Input, lines: int, content: int) -> bool:
    """Whether lines of `content` bytes can make up an object. The size of a compressed object proves nothing."""
    return entry.uri.endswith(".gz") or is_whole(entry.size, lines, content)


def differs(spark: SparkSession, entry: Input, row: Optional[Row]) -> bool:
    """Whether an object has changed since it was listed. `row`: one of its counts, or None if no line was read."""
    if row is not None:
        return has_changed(entry, row["_size"], row["_modified"])
    if entry.size == 0:
        return False
    path, files = hadoop_path(spark, entry.uri)
    return files.getFileStatus(path).getLen() != entry.size
