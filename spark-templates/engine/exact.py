"""Reads fields exactly: by their path, without loss of digits, and with the kind of JSON value that they have.

Spark reads an object or array as text, but it rounds the numbers in it to a DOUBLE, and a string with the same text
looks the same. So the engine marks the line before it parses it: `s` is put before the content of every string, and
every number becomes a string that begins with `n`.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.conversion import literal

Path = tuple[str, ...]

NOT_BLANK = r"\S"
NUMBERS = "-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"
# The characters that replace an escaped backslash and an escaped quote. Valid JSON contains neither of them.
STAND_INS = {"\\\\": "\x01", '\\"': "\x02"}


def open_paths(
    rows: DataFrame, line: str, paths: Sequence[Path], options: Mapping[str, str]
) -> tuple[DataFrame, dict[Path, str]]:
    """Adds the marked text at each path, and at each of its beginnings. Returns the names of these columns, by path.

    Of equal keys the last one counts. A path that leads through something other than an object has no text.
    """
    opened = sorted({beginning for path in paths for beginning in beginnings(path)})
    columns = {path: "_at_%d" % index for index, path in enumerate(opened)}
    for parent in sorted({path[:-1] for path in opened}, key=lambda path: (len(path), path)):
        children = [path for path in opened if path[:-1] == parent]
        text = within(F.col(columns[parent])) if parent else F.expr(marked_sql(line))
        keys = T.StructType([T.StructField("s" + path[-1], T.StringType()) for path in children])
        parsed = F.from_json(text, keys, dict(options))
        # The generator names columns by position. Without it, the optimizer would also parse once for every key.
        rows = rows.select("*", F.inline_outer(F.array(parsed)).alias(*[columns[path] for path in children]))
    return rows, columns


def beginnings(path: Sequence[str]) -> list[Path]:
    """Returns all beginnings of a path, shortest first; the last is the whole path."""
    return [tuple(path[:length]) for length in range(1, len(path) + 1)]


def dotted(path: Sequence[str]) -> str:
    return ".".join(path)


def within(text: Column) -> Column:
    """The text if it is an object."""
    return F.when(is_object(text), text)


def is_object(text: Column) -> Column:
    return text.startswith("{")


def marked_sql(line: str) -> str:
    """Returns SQL for a marked line. Split at the quotes that are not escaped, every second part is a string."""
    numbers = f"""regexp_replace(part, '{NUMBERS}', '"n$0"')"""
    marked = f"CASE WHEN at % 2 = 1 THEN concat('s', part) ELSE {numbers} END"
    return joined_sql(f"transform({parts_sql(line)}, (part, at) -> {marked})", '"')


def unmarked_sql(text: str) -> str:
    """Returns SQL for the original text of a marked value: the JSON of an object or array, the content of a string."""
    quoted = """concat('"', substr(part, 2), '"')"""
    own = f"CASE WHEN at % 2 = 0 THEN part WHEN part LIKE 'n%' THEN substr(part, 2) ELSE {quoted} END"
    json = joined_sql(f"transform({parts_sql(text)}, (part, at) -> {own})", "")
    return (
        f"CASE WHEN {text} LIKE 's%' OR {text} LIKE 'n%' THEN substr({text}, 2) "
        f"WHEN {text} LIKE '{{%' OR {text} LIKE '[%' THEN {json} ELSE {text} END"
    )


def items_sql(text: str, options: Mapping[str, str]) -> str:
    """Returns SQL for the texts in a marked array, or null if it is no array. Blank texts become null, like fields."""
    settings = ", ".join(f"{literal(key)}, {literal(value)}" for key, value in options.items())
    array = f"from_json(CASE WHEN {text} LIKE '[%' THEN {text} END, 'ARRAY<STRING>', map({settings}))"
    item = unmarked_sql("item")
    return f"transform({array}, item -> CASE WHEN {item} RLIKE {literal(NOT_BLANK)} THEN {item} END)"


def parts_sql(text: str) -> str:
    escaped = text
    for pair, mark in STAND_INS.items():
        escaped = f"replace({escaped}, {literal(pair)}, {literal(mark)})"
    return f"split({escaped}, '\"')"


def joined_sql(parts: str, separator: str) -> str:
    text = f"array_join({parts}, {literal(separator)})"
    for pair, mark in STAND_INS.items():
        text = f"replace({text}, {literal(mark)}, {literal(pair)})"
    return text
