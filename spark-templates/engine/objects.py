"""Records what each input object contained. The books are sums over these; later executions use them again."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from pyspark.sql import Row, SparkSession

from engine.contracts import Fate, Input, Kind, ReadObject, Source
from engine.fates import BLANK_LINE, COUNTED, KEPT, OBJECT, QUARANTINED, of_view
from engine.inputs import changed_failure, has_changed, unpacked_lines
from engine.long_lines import refuse_long_lines
from engine.places import objects_file
from engine.storage import create_file, decoded, hadoop_path, place, read_bytes

# The longest line of `objects.json.gz` that is read, in bytes.
LONGEST_OBJECT = 64 << 20


def objects_parsed(
    spark: SparkSession, source: Source, inputs: Sequence[Input], counts: Sequence[Row]
) -> list[ReadObject]:
    """Makes the rows of objects from counts of their lines. Fails if one has changed or a line is too long."""
    by_place: dict[str, list[Row]] = {}
    for row in counts:
        by_place.setdefault(place(decoded(row["_file"])), []).append(row)
    found = [(entry, by_place.get(place(entry.uri), [])) for entry in inputs]
    changed = [entry.uri for entry, rows in found if differs(spark, entry, rows[0] if rows else None)]
    if changed:
        raise changed_failure(source, changed)
    lengths = [
        (
            entry,
            sum(row["lines"] for row in rows),
            sum(row["bytes"] for row in rows),
            max((row["longest"] for row in rows), default=0),
        )
        for entry, rows in found
    ]
    refuse_long_lines(spark, source, lengths)
    return [object_of(source, entry, rows) for entry, rows in found]


def object_of(source: Source, entry: Input, rows: Sequence[Row]) -> ReadObject:
    """Makes the row of an object from the counts of its lines."""
    return ReadObject(
        uri=entry.uri,
        size=entry.size,
        etag=entry.etag,
        modified=entry.modified,
        file=rows[0]["_file"] if rows else None,
        bytes=sum(row["bytes"] for row in rows),
        shape=None,
        kinds=[kind_of_lines(source, row) for row in rows],
    )


def kind_of_lines(source: Source, row: Row) -> Kind:
    fates = [Fate(*[row[of_view(view, part)] for part in COUNTED]) for view in source["views"]]
    return Kind(row["_form"], row["_state"], row["lines"], fates)


def is_bad(kind: Kind) -> bool:
    """Whether lines are rejected: by a view, or because they do not parse."""
    return kind.form not in (BLANK_LINE, OBJECT) or any(one.fate == QUARANTINED for one in kind.fates)


def is_kept(kind: Kind) -> bool:
    """Whether at least one view keeps the lines, duplicates included."""
    return any(one.fate == KEPT for one in kind.fates)


def differs(spark: SparkSession, entry: Input, row: Optional[Row]) -> bool:
    """Whether an object has changed since it was listed. `row`: one of its counts, or None if no line was read."""
    if row is not None:
        return has_changed(entry, row["_size"], row["_modified"])
    if entry.size == 0:
        return False
    path, files = hadoop_path(spark, entry.uri)
    return files.getFileStatus(path).getLen() != entry.size


def write_objects(spark: SparkSession, objects: Mapping[str, Sequence[ReadObject]], folder: str) -> int:
    """Writes what each object contained as a line of JSON, gzipped. Returns the size of the file.

    Only Python makes and reads these rows. For a Parquet table, Spark would run a job each time.
    """
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        for source, its in objects.items():
            for one in its:
                row = {"source": source, **one._asdict(), "kinds": [kind._asdict() for kind in one.kinds]}
                file.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
    create_file(spark, objects_file(folder), packed.getvalue())
    return len(packed.getvalue())


def earlier_objects(spark: SparkSession, source: Source, folder: str) -> list[ReadObject]:
    """Returns the objects of a source as an execution wrote them."""
    rows = (json.loads(line) for line in unpacked_lines(read_bytes(spark, objects_file(folder)), LONGEST_OBJECT))
    return [stored_object(source, row) for row in rows if row["source"] == source["name"]]


def stored_object(source: Source, row: Mapping[str, Any]) -> ReadObject:
    """Returns the object of a row, which anybody may have written. Raises ValueError if a value cannot be right."""
    kinds = [Kind(**{**kind, "fates": [Fate(*fate) for fate in kind["fates"]]}) for kind in row["kinds"]]
    one = ReadObject(**{**{name: row[name] for name in ReadObject._fields}, "kinds": kinds})
    texts = [one.etag, one.file, one.shape, *[text for kind in kinds for fate in kind.fates for text in fate]]
    texts += [kind.state for kind in kinds]
    counts = [one.size, one.modified, one.bytes, *[kind.lines for kind in kinds]]
    is_right = (
        all(isinstance(text, str) for text in [one.uri, *[kind.form for kind in kinds]])
        and all(text is None or isinstance(text, str) for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(len(kind.fates) == len(source["views"]) for kind in kinds)
        and all(kind.state is None or len(kind.state) == len(source["fields"]) for kind in kinds)
        and (one.file is not None or not kinds)
    )
    if not is_right:
        raise ValueError("not what was read of an object")
    return one
