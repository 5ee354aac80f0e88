"""Reads numbers and booleans directly from most lines. Other lines are read as texts, which takes twice as long.

A line is read directly only if the result is certain to equal the one from its texts:
- It is one JSON object, by the same test. A single value of another kind makes the whole line null: a number in a
  string, 1.0 or an overflow where an integer is expected, an empty text. So do NaN and text after the object.
- Every number is finite, and in the range of its field. Reporting any other number needs its text.
- Both ways treat keys alike: of equal keys the last one counts, and a missing key is null.
"""

import json
import zlib
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import Field, Input, Source
from engine.lines import (
    ORIGIN,
    convert,
    extract,
    is_alone,
    parse_line,
    plain_fields,
)
from engine.schema import constant, spark_type
from engine.storage import read_bytes

# By type: the Python types of the JSON values that Spark reads without changing them.
KINDS: dict[str, tuple[type, ...]] = {
    "INT": (int,),
    "BIGINT": (int,),
    "DOUBLE": (int, float),
    "BOOLEAN": (bool,),
}
# Number of bytes read from the beginning of an object.
SNIFFED = 1 << 16


def find_typed(spark: SparkSession, source: Source, inputs: Sequence[Input]) -> set[str]:
    """Returns the fields to read directly: at least half of their values in the first lines of the largest object fit.

    The choice affects only the speed.
    """
    objects = sniff(spark, max(inputs, key=lambda one: one.size).uri) if inputs else []
    return {field["name"] for field in readable(source) if mostly_fits(field, objects)}


def readable(source: Source) -> list[Field]:
    """Returns the fields that can be read directly. A key that two fields share would need two types."""
    plain = plain_fields(source)
    keys = Counter(field["path"][0] for field in plain)
    return [field for field in plain if field["type"] in KINDS and keys[field["path"][0]] == 1]


def mostly_fits(field: Field, objects: Sequence[dict[str, Any]]) -> bool:
    values = [one[field["path"][0]] for one in objects if one.get(field["path"][0]) is not None]
    fitting = [value for value in values if type(value) in KINDS[field["type"]]]
    return 2 * len(fitting) >= len(values)


def sniff(spark: SparkSession, uri: str) -> list[dict[str, Any]]:
    """Returns the JSON objects at the beginning of an input object."""
    try:
        head = read_bytes(spark, uri, SNIFFED)
        if uri.endswith(".gz"):
            head = zlib.decompressobj(wbits=31).decompress(head, SNIFFED)
    except (Py4JError, zlib.error):
        # Spark will report the error.
        return []
    parsed = [parsed_json(line) for line in head.split(b"\n")]
    return [one for one in parsed if isinstance(one, dict)]


def parsed_json(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def read_fields(lines: DataFrame, source: Source, typed: Container[str]) -> DataFrame:
    """Returns the lines with the texts, values and reasons of their fields. `typed`: the fields to read directly."""
    plain = plain_fields(source)
    direct = [field for field in plain if field["name"] in typed]
    if not direct:
        return convert(extract(lines, source), source)
    kinds = {field["path"][0]: spark_type(field["type"]) if field in direct else T.StringType() for field in plain}
    first = F.get("_typed_objects", F.lit(0))
    certain = is_alone("_typed_objects")
    for field in direct:
        certain = certain & F.coalesce(is_valid(field, first[field["path"][0]]), F.lit(True))
    parsed = parse_line(lines, F.col("_line"), kinds, "_typed_objects").select(
        *ORIGIN, "_line", F.coalesce(certain, F.lit(False)).alias("_typed"), first.alias("_typed_object")
    )
    return convert(extract(parsed, source, typed), source, typed)


def is_valid(field: Field, value: Column) -> Column:
    """Whether a value is finite, and in the range of its field. May be null if the value is null."""
    valid = F.abs(value) < F.lit(float("inf")) if field["type"] == "DOUBLE" else F.lit(True)
    if "min" in field:
        valid = valid & (value >= constant(field["min"], field["type"]))
    if "below" in field:
        valid = valid & (value < constant(field["below"], field["type"]))
    return valid
