"""Keys of raw lines that are not in the contract. They help to find out why a field has no value in any line."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.contracts import Source, UnknownField, View
from engine.fates import differs_from
from engine.lines import NUMBER, convert, extract

# Limits of the sample: its lines, and the bytes of a line.
LINES_SAMPLED = 200
SAMPLED_BYTES = 1 << 16
# Limits of the report: its keys, and the characters of a key.
KEYS_REPORTED = 20
LONGEST_KEY = 60


def other_keys(lines: DataFrame, source: Source, view: View, unknown: Sequence[UnknownField]) -> list[dict[str, Any]]:
    """Returns the most frequent keys in a sample of the lines that pass the filter of a view, never a value.

    Adds to each field of `unknown` whether its own key occurs.
    """
    names = [field["name"] for field in source["fields"]]
    rows = extract(lines.where(F.octet_length("_line") <= SAMPLED_BYTES), source).where("_parsed")
    if view["keep"]:
        rows = convert(rows, source).where(~F.coalesce(differs_from(view["keep"]), F.lit(False)))
    sample = [row["_line"] for row in rows.select("_line").limit(LINES_SAMPLED).collect()]
    occurring = Counter((key, kind_of(value)) for line in sample for key, value in members(line))
    own = {key for key, _ in occurring}
    for one in unknown:
        one["occurs"] = one["field"] in own
    others: list[dict[str, Any]] = [
        {"key": key[:LONGEST_KEY], "kind": kind, "lines": count}
        for (key, kind), count in occurring.items()
        if key not in names and kind != "null"
    ]
    return sorted(others, key=lambda one: (-one["lines"], one["key"], one["kind"]))[:KEYS_REPORTED]


def members(line: str) -> Iterable[tuple[str, Any]]:
    """Returns the keys and values of a line, or none if Python cannot parse what Spark could."""
    try:
        return json.loads(line).items()
    except (ValueError, RecursionError):
        return []


def kind_of(value: object) -> str:
    """Returns number, text, boolean, list, object or null. A text that looks like a number counts as a number."""
    if isinstance(value, str):
        return ("number" if re.match(NUMBER, value) else "text") if value.strip() else "null"
    kinds = {bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return kinds.get(type(value), "null")
