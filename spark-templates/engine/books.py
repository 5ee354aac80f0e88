"""The books of a source: what its objects contained, and what became of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from engine.console import say
from engine.contracts import Books, Input, Source, UnknownField
from engine.inputs import changed_failure, has_changed, is_whole, raw_name, read_lines, reading_failure
from engine.lines import BLANK, MISSING, UNFIT, classify
from engine.long_lines import refuse_long_lines
from engine.other_keys import other_keys
from engine.quarantine import write_quarantine
from engine.session import fit_to_input
from engine.storage import decoded, hadoop_path, place


def open_source(spark: SparkSession, source: Source, root: str, inputs: Sequence[Input], folder: str) -> Books:
    """Reads a source: registers its view, writes its quarantine and returns its books."""
    fit_to_input(spark, inputs)
    lines = read_lines(spark, source, root, inputs)
    rows = classify(lines, source).persist(StorageLevel.MEMORY_AND_DISK)
    counted = ["_file", "_size", "_modified", "_fate", "_reason", "_field", "_state", "_conflict"]
    totals = [F.count(F.lit(1)).alias("lines"), F.sum("_bytes").alias("bytes"), F.max("_bytes").alias("longest")]
    try:
        counts = rows.groupBy(*counted).agg(*totals).collect()
    except Exception as error:
        raise reading_failure(spark, error, source, root, inputs) from error
    books = keep_books(spark, source, inputs, counts)
    register_source(rows, source)
    if books["lines"]["quarantined"] > 0:
        books["misshapen"] = write_quarantine(spark, rows, source, folder)
    if books["unknown"]:
        try:
            books["otherKeys"] = other_keys(lines, source, books["unknown"])
        except Exception as error:
            raise reading_failure(spark, error, source, root, inputs) from error
    fates = books["lines"]
    say(
        "%s: %d lines: %d kept, %d filtered, %d duplicates, %d quarantined"
        % (source["name"], fates["read"], fates["kept"], fates["filtered"], fates["duplicates"], fates["quarantined"])
    )
    return books


def register_source(rows: DataFrame, source: Source) -> None:
    """Registers the view that queries read: the fields of the kept rows, and the raw URI of their object as `_file`."""
    names = [field["name"] for field in source["fields"]]
    kept = rows.where(F.col("_fate") == "kept").select(*names, raw_name().alias("_file"))
    kept.createOrReplaceTempView(source["name"])


def keep_books(spark: SparkSession, source: Source, inputs: Sequence[Input], counts: Sequence[Row]) -> Books:
    """Makes the books from counts by object, fate and reason. Fails if an object has changed or a line is too long."""
    seen = {place(decoded(row["_file"])): row for row in counts}
    changed = [entry.uri for entry in inputs if differs(spark, entry, seen.get(place(entry.uri)))]
    if changed:
        raise changed_failure(source, changed)
    # By fate, by reason and field, and by fate and state: the number of lines.
    fates: Counter[str] = Counter()
    rejections: Counter[tuple[str, str]] = Counter()
    states: Counter[tuple[str, Optional[str]]] = Counter()
    conflicts = 0
    # By object: the number of lines, their bytes, and the bytes of the longest line.
    lines: Counter[str] = Counter()
    content: Counter[str] = Counter()
    longest: Counter[str] = Counter()
    for row in counts:
        where = place(decoded(row["_file"]))
        lines[where] += row["lines"]
        content[where] += row["bytes"]
        longest[where] = max(longest[where], row["longest"])
        fates[row["_fate"]] += row["lines"]
        states[(row["_fate"], row["_state"])] += row["lines"]
        conflicts += row["lines"] if row["_conflict"] else 0
        if row["_fate"] == "quarantined":
            rejections[(row["_reason"], row["_field"] or "")] += row["lines"]
    places = [(entry, place(entry.uri)) for entry in inputs]
    refuse_long_lines(spark, source, [(entry, lines[at], content[at], longest[at]) for entry, at in places])
    return {
        "objects": {
            "manifest": len(inputs),
            "read": len(seen),
            "empty": len(inputs) - len(seen),
            "vanished": [],
            "changed": [],
            "unaccounted": [entry.uri for entry, at in places if not makes_up(entry, lines[at], content[at])],
        },
        "lines": {
            "read": sum(fates.values()) - fates["blank"],
            "blank": fates["blank"],
            "kept": fates["kept"],
            "filtered": fates["filtered"],
            "duplicates": fates["duplicate"],
            "quarantined": fates["quarantined"],
        },
        "conflicts": conflicts,
        "quarantinedBy": [
            {"reason": reason, "field": field or None, "lines": count}
            for (reason, field), count in sorted(rejections.items())
        ],
        "nulls": count_nulls(source, states),
        "unknown": never_known(source, states),
        "otherKeys": [],
        "misshapen": [],
    }


def count_nulls(source: Source, states: Mapping[tuple[str, Optional[str]], int]) -> list[dict[str, Any]]:
    """Counts, by field and reason, the kept lines without a value. Leaves out fields that always have one."""
    counts = []
    for index, field in enumerate(source["fields"]):
        why: Counter[str] = Counter()
        for (fate_of, letters), lines in states.items():
            if fate_of == "kept" and letters is not None:
                why[letters[index]] += lines
        if why[MISSING] + why[BLANK] + why[UNFIT] > 0:
            numbers = {"missing": why[MISSING], "blank": why[BLANK], "unfit": why[UNFIT]}
            counts.append({"field": field["name"], **numbers})
    return counts


def never_known(source: Source, states: Mapping[tuple[str, Optional[str]], int]) -> list[UnknownField]:
    """Returns the fields that have no value in any of the lines that parse and pass the filter."""
    asked = [letters for _, letters in states if letters is not None]
    return [
        {"field": field["name"], "type": field["type"]}
        for index, field in enumerate(source["fields"])
        if asked and all(letters[index] in (MISSING, BLANK) for letters in asked)
    ]


def makes_up(entry: Input, lines: int, content: int) -> bool:
    """Whether lines of `content` bytes can make up an object. The size of a compressed object proves nothing."""
    return entry.uri.endswith(".gz") or is_whole(entry.size, lines, content)


def differs(spark: SparkSession, entry: Input, row: Optional[Row]) -> bool:
    """Whether an object has changed since it was listed. `row` is one of its counts, None if no line was read."""
    if row is not None:
        return has_changed(entry, row)
    if entry.size == 0:
        return False
    path, files = hadoop_path(spark, entry.uri)
    return files.getFileStatus(path).getLen() != entry.size
