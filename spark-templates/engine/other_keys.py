"""Finds keys of raw lines that are not in the contract. They may explain why a field has no value in any line."""

import json
import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.contracts import Source, UnknownField, View
from engine.conversion import NUMBER
from engine.exact import Path, beginnings, dotted
from engine.fates import differs_from
from engine.lines import convert, extract

# Limits of the sample: its lines, and the bytes of a line.
LINES_SAMPLED = 200
SAMPLED_BYTES = 1 << 16
# Limits of the report: its keys, and the characters of a key.
KEYS_REPORTED = 20
LONGEST_KEY = 60


def other_keys(lines: DataFrame, source: Source, view: View, unknown: Sequence[UnknownField]) -> list[dict[str, Any]]:
    """Returns the most frequent keys, without values, in a sample of the lines that pass the filter of a view.

    Records in each field of `unknown` whether its own key occurs.
    """
    paths = [tuple(field["path"]) for field in source["fields"]]
    known = {beginning for path in paths for beginning in beginnings(path)}
    rows = extract(lines.where(F.octet_length("_line") <= SAMPLED_BYTES), source).where("_parsed")
    if view["keep"]:
        rows = convert(rows, source).where(~F.coalesce(differs_from(view["keep"]), F.lit(False)))
    sample = [row["_line"] for row in rows.select("_line").limit(LINES_SAMPLED).collect()]
    occurring = Counter((path, kind_of(value)) for line in sample for path, value in members(line, known))
    own = {dotted(path) for path, _ in occurring}
    for one in unknown:
        one["occurs"] = one["key"] in own
    others: list[dict[str, Any]] = [
        {"key": dotted(path)[:LONGEST_KEY], "kind": kind, "lines": count}
        for (path, kind), count in occurring.items()
        if path not in known and kind != "null"
    ]
    return sorted(others, key=lambda one: (-one["lines"], one["key"], one["kind"]))[:KEYS_REPORTED]


def members(line: str, opened: Container[Path]) -> Iterator[tuple[Path, Any]]:
    """Yields the path and value of each key of a line, and of each key of the objects at the paths `opened`.

    Yields nothing if Python cannot parse the line, although Spark could.
    """
    try:
        pending: list[tuple[Path, dict[str, Any]]] = [((), json.loads(line))]
    except (ValueError, RecursionError):
        return
    while pending:
        outer, found = pending.pop()
        for key, value in found.items():
            path = (*outer, key)
            yield path, value
            if path in opened and isinstance(value, dict):
                pending.append((path, value))


def kind_of(value: object) -> str:
    """Returns number, text, boolean, list, object or null. A text that looks like a number counts as a number."""
    if isinstance(value, str):
        return ("number" if re.match(NUMBER, value) else "text") if value.strip() else "null"
    kinds = {bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return kinds.get(type(value), "null")
