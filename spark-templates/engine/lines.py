"""Parses lines and converts their fields. Each line is parsed once, whatever number of views its source has."""

from collections.abc import Container, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import Field, Source
from engine.conversion import field_sql
from engine.exact import Path, beginnings, is_object, items_sql, open_paths, unmarked_sql
from engine.schema import constant, digits_of, element_of, spark_type

# Spark accepts only standard JSON with these options.
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
# Each line is parsed as an array: the line's own object, then an end mark. The mark is an object with this key, and its
# value is the hash of the line, which the line cannot contain. A line that closes the array early, such as `{} ] x` or
# `{}, {"_end":"1"} ] x`, hides the mark.
END = "_end"

# Java replaces bytes that are not UTF-8 with this character.
REPLACEMENT = "\ufffd"

# The letters that say whether a field has a text.
HAS_VALUE = "."
MISSING = "m"
BLANK = "b"
# The place of a line: its object, its split, and its order in the split.
ORIGIN = ["_file", "_size", "_modified", "_start", "_id"]


def extract(lines: DataFrame, source: Source, typed: Container[str] = ()) -> DataFrame:
    """Adds the text of every field. A line parses if it is one JSON object in UTF-8 and nothing else.

    `typed`: the fields whose values are in `_typed_object` if `_typed` is true. Such a line is not parsed again.
    """
    fields = source["fields"]
    names = [field["name"] for field in fields]
    plain = plain_fields(source)
    exact = [field for field in fields if field not in plain]
    line = F.when(~F.col("_typed"), F.col("_line")) if typed else F.col("_line")
    unpacked = parse_line(lines, line, {field["path"][0]: T.StringType() for field in plain}, "_objects")
    certain = F.coalesce(is_alone("_objects"), F.lit(False))
    carried = [F.col("_typed")] if typed else []
    carried += [typed_value(field).alias(typed_of(field["name"])) for field in plain if field["name"] in typed]
    texts = with_exact_texts(
        unpacked.select(
            *ORIGIN,
            "_line",
            (F.col("_typed") | certain if typed else certain).alias("_alone"),
            *carried,
            *[plain_text(field, typed).alias(text_of(field["name"])) for field in plain],
        ),
        exact,
    )
    blank_to_null = [F.when(not_blank(text_of(name)), F.col(text_of(name))).alias(text_of(name)) for name in names]
    return texts.select(
        *ORIGIN,
        "_line",
        (F.col("_alone") & ~garbled(names)).alias("_parsed"),
        F.concat(*[presence(text_of(name)) for name in names]).alias("_presence"),
        *blank_to_null,
        *[misplaced_of(field["name"]) for field in fields if is_nested(field)],
        *[texts_in(field["name"]) for field in fields if element_of(field["type"])],
        *(["_typed"] if typed else []),
        *[typed_of(field["name"]) for field in plain if field["name"] in typed],
    )


def parse_line(rows: DataFrame, line: Column, schema: Mapping[str, T.DataType], name: str) -> DataFrame:
    """Adds the objects of a line as a column: its own, and the end mark. Null if they cannot be parsed.

    Uses a generator (explode), because otherwise the optimizer would parse the line once for every field.
    """
    keys = [T.StructField(key, kind) for key, kind in sorted({**schema, END: T.StringType()}.items())]
    framed = F.concat(F.lit("["), line, F.lit(',{"%s":"' % END), line_mark(), F.lit('"}]'))
    parsed = F.from_json(F.when(not_blank("_line"), framed), T.ArrayType(T.StructType(keys)), JSON_OPTIONS)
    return rows.select("*", F.explode_outer(F.array(parsed)).alias(name))


def line_mark() -> Column:
    return F.xxhash64("_line").cast("string")


def is_alone(objects: str) -> Column:
    """Whether a line is one object and nothing else. May be null if it is not."""
    first, last = F.get(objects, F.lit(0)), F.get(objects, F.lit(1))
    return (F.size(objects) == 2) & first.isNotNull() & (last[END] == line_mark())


def plain_text(field: Field, typed: Container[str]) -> Column:
    """The text of a field. For a value in `_typed_object`, any text that is neither missing nor blank serves."""
    key = field["path"][0]
    text = F.get("_objects", F.lit(0))[key]
    if not typed:
        return text
    own = F.col("_typed_object")[key]
    known = F.when(own.isNotNull(), F.lit("0")) if field["name"] in typed else own
    return F.when(F.col("_typed"), known).otherwise(text)


def typed_value(field: Field) -> Column:
    own = F.col("_typed_object")[field["path"][0]]
    # As in conversion: sorting could not choose between 0.0 and -0.0.
    return own + F.lit(0.0) if field["type"] == "DOUBLE" else own


def typed_of(name: str) -> str:
    return "_typed_" + name


def plain_fields(source: Source) -> list[Field]:
    return [field for field in source["fields"] if is_plain(field, source)]


def is_plain(field: Field, source: Source) -> bool:
    """Whether Spark's own text of a value is enough: the key is outermost, and no digits can be lost."""
    key, *below = field["path"]
    exact = digits_of(field["type"]) or element_of(field["type"]) or field.get("format", "iso8601") != "iso8601"
    # Spark cannot tell apart columns whose names differ only in case.
    others = [other["path"][0] for other in source["fields"]] + [END]
    return not below and not exact and not any(one != key and one.lower() == key.lower() for one in others)


def with_exact_texts(rows: DataFrame, fields: Sequence[Field]) -> DataFrame:
    """Adds the text of each field, whether it is misplaced, and the texts in an array."""
    if not fields:
        return rows
    rows, columns = open_paths(rows, "_line", [tuple(field["path"]) for field in fields], JSON_OPTIONS)
    return rows.select(
        "*",
        *[exact_text(field, columns).alias(text_of(field["name"])) for field in fields],
        *[misplaced(field, columns).alias(misplaced_of(field["name"])) for field in fields if is_nested(field)],
        *[
            F.expr(items_sql(columns[tuple(field["path"])], JSON_OPTIONS)).alias(texts_in(field["name"]))
            for field in fields
            if element_of(field["type"])
        ],
    )


def exact_text(field: Field, columns: Mapping[Path, str]) -> Column:
    """The text of a field. If something else stands where its path needs an object, the text of that value."""
    *outer, own = beginnings(field["path"])
    found = [F.when(~is_object(F.col(columns[path])), F.expr(unmarked_sql(columns[path]))) for path in outer]
    return F.coalesce(F.expr(unmarked_sql(columns[own])), *found)


def misplaced(field: Field, columns: Mapping[Path, str]) -> Column:
    """Whether the field cannot exist, because a value on its path is not an object."""
    outer = beginnings(field["path"])[:-1]
    # Below such a value, everything is null.
    return F.coalesce(*[~is_object(F.col(columns[path])) for path in reversed(outer)], F.lit(False))


def presence(name: str) -> Column:
    """A letter that says whether a text is present, missing or blank."""
    text = F.col(name)
    return F.when(text.isNull(), F.lit(MISSING)).when(not_blank(name), F.lit(HAS_VALUE)).otherwise(F.lit(BLANK))


def not_blank(name: str) -> Column:
    """Whether a text is more than white space. Compares the first character before it runs the regular expression."""
    text = F.col(name)
    return (text >= "!") | text.rlike(r"\S")


def text_of(name: str) -> str:
    return "_text_" + name


def misplaced_of(name: str) -> str:
    return "_misplaced_" + name


def texts_in(name: str) -> str:
    return "_items_" + name


def is_nested(field: Field) -> bool:
    return len(field["path"]) > 1


def garbled(names: Sequence[str]) -> Column:
    """Whether a field contains bytes that are not UTF-8. Tests it only if a replacement character occurs."""
    suspect = F.concat_ws("", *[text_of(name) for name in names]).contains(REPLACEMENT)
    exact = F.expr("encode(decode(CAST(_line AS BINARY), 'UTF-8'), 'UTF-8') <> CAST(_line AS BINARY)")
    return F.when(suspect, exact).otherwise(F.lit(False))


def convert(texts: DataFrame, source: Source, typed: Container[str] = ()) -> DataFrame:
    """Adds two columns for each field: its value, and the reason if it has no valid value.

    `typed`: as in `extract`.
    """
    values = [as_type(field, typed).alias(value_of(field["name"])) for field in source["fields"]]
    problems = [problem_of(field).alias(reason_of(field["name"])) for field in source["fields"]]
    return texts.select("*", *values).select("*", *problems)


def value_of(name: str) -> str:
    return "_value_" + name


def reason_of(name: str) -> str:
    return "_reason_" + name


def as_type(field: Field, typed: Container[str]) -> Column:
    """Converts the text to the field's type, or to null if it does not fit."""
    name = field["name"]
    value = F.expr(field_sql(field["type"], field.get("format"), text_of(name), texts_in(name)))
    if name in typed:
        return F.when(F.col("_typed"), F.col(typed_of(name))).otherwise(value)
    return F.when(~F.col(misplaced_of(name)), value) if is_nested(field) else value


def problem_of(field: Field) -> Column:
    """Why a field has no valid value: missing, type or range. Null if it has one."""
    text, value = F.col(text_of(field["name"])), F.col(value_of(field["name"]))
    reason = F.when(text.isNull(), F.lit("missing")).when(value.isNull(), F.lit("type"))
    if "min" in field:
        reason = reason.when(value < constant(field["min"], field["type"]), F.lit("range"))
    if "below" in field:
        reason = reason.when(value >= constant(field["below"], field["type"]), F.lit("range"))
    return reason


def final_value(field: Field) -> Column:
    """The value that queries see: null or the default if the text does not fit."""
    value = F.when(F.col(reason_of(field["name"])).isNull(), F.col(value_of(field["name"])))
    if "default" in field:
        value = F.coalesce(value, constant(field["default"], field["type"]).cast(spark_type(field["type"])))
    return value.alias(field["name"])
