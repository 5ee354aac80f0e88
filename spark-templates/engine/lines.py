"""Parses lines and converts their fields. Each line is parsed once, whatever number of views its source has."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import Field, Source
from engine.schema import COLUMN_TYPES

# Only JSON is accepted as JSON.
JSON_OPTIONS = {
    "mode": "PERMISSIVE",
    "allowComments": "false",
    "allowUnquotedFieldNames": "false",
    "allowSingleQuotes": "false",
    "allowNumericLeadingZeros": "false",
    "allowNonNumericNumbers": "false",
    "allowBackslashEscapingAnyCharacter": "false",
    "allowUnquotedControlChars": "false",
}
# The key of an object that follows the line's object in an array. Its value is the hash of the line, which the line
# cannot contain. A line that closes the array early, as `{} ] x` or `{}, {"_end":"1"} ] x` do, hides that object.
END = "_end"

NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
# Java replaces bytes that are not UTF-8 by this character.
REPLACEMENT = "\ufffd"

# What a letter says about the text of a field.
HAS_VALUE = "."
MISSING = "m"
BLANK = "b"
# The place of a line: its object, its split, and its order in the split.
ORIGIN = ["_file", "_size", "_modified", "_start", "_id"]


def extract(lines: DataFrame, source: Source) -> DataFrame:
    """Adds the text of every field. A line parses if it is one JSON object in UTF-8 and nothing else."""
    names = [field["name"] for field in source["fields"]]
    objects = T.ArrayType(T.StructType([T.StructField(name, T.StringType()) for name in names + [END]]))
    mark = F.xxhash64("_line").cast("string")
    framed = F.concat(F.lit("["), F.col("_line"), F.lit(',{"%s":"' % END), mark, F.lit('"}]'))
    parsed = F.from_json(F.when(not_blank("_line"), framed), objects, JSON_OPTIONS)
    # Without a generator, the optimizer would parse the line once for every field.
    unpacked = lines.select("*", F.explode_outer(F.array(parsed)).alias("_objects"))
    first = F.get("_objects", F.lit(0))
    alone = (F.size("_objects") == 2) & first.isNotNull() & (F.get("_objects", F.lit(1))[END] == mark)
    fields = [first[name].alias(text_of(name)) for name in names]
    certain = F.coalesce(alone, F.lit(False)).alias("_alone")
    texts = unpacked.select(*ORIGIN, "_line", certain, *fields)
    blank_to_null = [F.when(not_blank(text_of(name)), F.col(text_of(name))).alias(text_of(name)) for name in names]
    return texts.select(
        *ORIGIN,
        "_line",
        (F.col("_alone") & ~garbled(names)).alias("_parsed"),
        F.concat(*[presence(text_of(name)) for name in names]).alias("_presence"),
        *blank_to_null,
    )


def presence(name: str) -> Column:
    """A letter that says whether a text is present, missing or blank."""
    text = F.col(name)
    return F.when(text.isNull(), F.lit(MISSING)).when(not_blank(name), F.lit(HAS_VALUE)).otherwise(F.lit(BLANK))


def not_blank(name: str) -> Column:
    """Whether a text is more than white space. Looks at the first character before it searches."""
    text = F.col(name)
    return (text >= "!") | text.rlike(r"\S")


def text_of(name: str) -> str:
    return "_text_" + name


def garbled(names: Sequence[str]) -> Column:
    """Whether a field contains bytes that are not UTF-8. Runs the expensive exact test only on suspicion."""
    suspect = F.concat_ws("", *[text_of(name) for name in names]).contains(REPLACEMENT)
    exact = F.expr("encode(decode(CAST(_line AS BINARY), 'UTF-8'), 'UTF-8') <> CAST(_line AS BINARY)")
    return F.when(suspect, exact).otherwise(F.lit(False))


def convert(texts: DataFrame, source: Source) -> DataFrame:
    """Adds the value of every field, and the reason if it has no valid one, as columns of their own."""
    values = [as_type(field).alias(value_of(field["name"])) for field in source["fields"]]
    problems = [problem_of(field).alias(reason_of(field["name"])) for field in source["fields"]]
    return texts.select("*", *values).select("*", *problems)


def value_of(name: str) -> str:
    return "_value_" + name


def reason_of(name: str) -> str:
    return "_reason_" + name


def as_type(field: Field) -> Column:
    """Converts the text to the field's type, or to null if it does not fit."""
    name = text_of(field["name"])
    if field["type"] == "STRING":
        return F.col(name)
    if field["type"] == "DOUBLE":
        return as_double(name)
    return as_integer(name) if field["type"] == "BIGINT" else within_int(as_integer(name))


def as_double(name: str) -> Column:
    """Converts to a finite number. -0.0 becomes 0.0: the two are equal, so an order could not choose between them."""
    text = F.col(name)
    number = F.when(text.rlike(NUMBER), F.expr("try_cast(`%s` AS DOUBLE)" % name)) + F.lit(0.0)
    return F.when(F.abs(number) < F.lit(float("inf")), number)


def as_integer(name: str) -> Column:
    """Converts any text that denotes an integer. Spark turns the JSON number 1542326457796.0 into 1.542326457796E12."""
    text = F.col(name)
    decimal = F.expr("try_cast(`%s` AS DECIMAL(38, 18))" % name)
    double = F.expr("try_cast(`%s` AS DOUBLE)" % name)
    whole = (decimal % 1 == 0) & (decimal.cast("double") == double)
    truncated = F.expr("try_cast(try_cast(`%s` AS DECIMAL(38, 18)) AS BIGINT)" % name)
    return F.coalesce(F.expr("try_cast(`%s` AS BIGINT)" % name), F.when(text.rlike(NUMBER) & whole, truncated))


def within_int(value: Column) -> Column:
    return F.when(value.between(-(2**31), 2**31 - 1), value).cast("int")


def problem_of(field: Field) -> Column:
    """Why a field has no valid value: missing, type or range. Null if it has one."""
    text, value = F.col(text_of(field["name"])), F.col(value_of(field["name"]))
    reason = F.when(text.isNull(), F.lit("missing")).when(value.isNull(), F.lit("type"))
    if "min" in field:
        reason = reason.when(value < F.lit(field["min"]), F.lit("range"))
    if "below" in field:
        reason = reason.when(value >= F.lit(field["below"]), F.lit("range"))
    return reason


def final_value(field: Field) -> Column:
    """The value that queries see: null or the default if the text does not fit."""
    value = F.when(F.col(reason_of(field["name"])).isNull(), F.col(value_of(field["name"])))
    if "default" in field:
        value = F.coalesce(value, F.lit(field["default"]).cast(COLUMN_TYPES[field["type"]]))
    return value.alias(field["name"])
