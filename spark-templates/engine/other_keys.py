"""Keys of the raw lines that no field names: what to look for where a field has no value in any line."""

import json
import re
from collections import Counter

from pyspark.sql import functions as F

from engine.lines import NUMBER, extract, text_of

# Lines that are looked at, their longest, and keys that are told.
LINES_SAMPLED = 200
SAMPLED_BYTES = 1 << 16
KEYS_TOLD = 20
LONGEST_KEY = 60


def other_keys(lines, source, unknown):
    """Keys of a few lines that pass the filter: most frequent first, never a value. Adds to each field of `unknown`
    whether its own key occurs."""
    names = [field["name"] for field in source["fields"]]
    texts = extract(lines.where(F.octet_length("_line") <= SAMPLED_BYTES), source).where("_parsed")
    if source["keep"]:
        text = F.col(text_of(source["keep"]["field"]))
        texts = texts.where(text.isNull() | (text == F.lit(source["keep"]["equals"])))
    sample = [row["_line"] for row in texts.select("_line").limit(LINES_SAMPLED).collect()]
    occurring = Counter((key, kind_of(value)) for line in sample for key, value in members(line))
    own = {key for key, _ in occurring}
    for one in unknown:
        one["occurs"] = one["field"] in own
    others = [
        {"key": key[:LONGEST_KEY], "kind": kind, "lines": count}
        for (key, kind), count in occurring.items()
        if key not in names and kind != "null"
    ]
    return sorted(others, key=lambda one: (-one["lines"], one["key"], one["kind"]))[:KEYS_TOLD]


def members(line):
    """The keys and values of a line, or none when Python cannot read what Spark could."""
    try:
        return json.loads(line).items()
    except (ValueError, RecursionError):
        return []


def kind_of(value):
    """number, text, boolean, list, object or null; a text that spells a number is one."""
    if isinstance(value, str):
        return ("number" if re.match(NUMBER, value) else "text") if value.strip() else "null"
    kinds = {bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return kinds.get(type(value), "null")
