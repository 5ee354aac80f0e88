"""Decides the fate of each line in each view: kept, filtered, quarantined or duplicate."""

from collections.abc import Container, Mapping
from typing import Literal, Optional

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.contracts import KeepRule, Source, View
from engine.lines import ORIGIN, final_value, not_blank, reason_of, text_of, value_of
from engine.schema import constant
from engine.typed import read_fields

# The forms of a line.
BLANK_LINE = "blank"
OBJECT = "object"
# The fates of a line in a view. A line that is kept may be a duplicate.
KEPT = "kept"
FILTERED = "filtered"
QUARANTINED = "quarantined"

# The columns that a line has for each view: the parts of its verdict, and the others that are derived on the way.
Part = Literal["problem", "verdict", "fate", "reason", "field", "value"]
VERDICT: tuple[Part, ...] = ("fate", "reason", "field", "value")
# The parts by which lines are counted.
COUNTED: tuple[Part, ...] = ("fate", "reason", "field")

# The letter of `_state` for a text that does not fit its field.
UNFIT = "u"
# Limits of the quarantine, in characters: of a line, and of a value that did not fit.
LONGEST_RAW = 1 << 20
LONGEST_VALUE = 200


def classify(lines: DataFrame, source: Source, typed: Container[str]) -> DataFrame:
    """Returns a row for each line, kept or not: its origin, fields, form and state, and its fate in each view.

    Lines of the same event are all still kept. `typed`: as in `read_fields`.
    """
    rows = judge(read_fields(lines, source, typed), source)
    rejected = is_unparsable()
    for view in source["views"]:
        rejected = rejected | F.coalesce(F.col(of_view(view, "fate")) == QUARANTINED, F.lit(False))
    raw = F.substring(F.expr("decode(CAST(_line AS BINARY), 'UTF-8')"), 1, LONGEST_RAW)
    return rows.select(
        *ORIGIN,
        F.octet_length("_line").alias("_bytes"),
        "_form",
        "_state",
        *[of_view(view, part) for view in source["views"] for part in VERDICT],
        F.when(rejected, raw).alias("_raw"),
        *[final_value(field) for field in source["fields"]],
    )


def of_view(view: View, part: Part) -> str:
    """The name of the column that holds this part for a view."""
    return "_in_%s_%s" % (view["name"], part)


def is_unparsable() -> Column:
    """Whether no view can use the line."""
    return ~F.col("_form").isin(BLANK_LINE, OBJECT)


def judge(rows: DataFrame, source: Source) -> DataFrame:
    """Adds the form of each line and its fate in each view, except for duplicates."""
    opens_array = F.col("_line").rlike(r"^\s*\[")
    form = (
        F.when(~not_blank("_line"), F.lit(BLANK_LINE))
        .when(F.col("_parsed"), F.lit(OBJECT))
        .when(opens_array, F.lit("array"))
        .otherwise(F.lit("unparsable"))
    )
    views = source["views"]
    formed = rows.select(
        "*", form.alias("_form"), *[problem_of_line(view).alias(of_view(view, "problem")) for view in views]
    )
    judged = formed.select("*", *[verdict(view).alias(of_view(view, "verdict")) for view in views])
    decided = judged.select("*", *[column for view in views for column in unpacked(view)])
    asked = F.lit(False)
    for view in views:
        asked = asked | F.coalesce(F.col(of_view(view, "fate")).isin(KEPT, QUARANTINED), F.lit(False))
    return decided.select("*", F.when(asked, state(source)).alias("_state"))


def unpacked(view: View) -> list[Column]:
    """The parts of the verdict of a view as columns of their own."""
    verdict_column = of_view(view, "verdict")
    return [F.col("%s.%s" % (verdict_column, part)).alias(of_view(view, part)) for part in VERDICT]


def verdict(view: View) -> Column:
    """The fate of a line in a view, and why it is rejected. Lines are filtered before required fields are checked.

    Null for a line that is not an object. The order of the rules decides which reason counts.
    """
    problem = of_view(view, "problem")
    rejected = fate(QUARANTINED, F.col(problem + ".reason"), F.col(problem + ".field"), F.col(problem + ".value"))
    judged = F.when(F.col(problem).isNotNull(), rejected).otherwise(fate(KEPT))
    if view["keep"]:
        judged = F.when(differs_from(view["keep"]), fate(FILTERED)).otherwise(judged)
    return F.when(F.col("_form") == OBJECT, judged)


def differs_from(keep: KeepRule) -> Column:
    """Whether the field has a valid value that differs from the one that the filter asks for."""
    return F.col(value_of(keep["field"])) != constant(keep["equals"], keep["type"])


def problem_of_line(view: View) -> Column:
    """Why a view rejects a line that it does not filter: the first reason of its fields. Null if it keeps the line.

    A line whose filter field is missing or does not fit its type is rejected, since it might pass the filter.
    """
    reasons = [rejection(name, F.col(reason_of(name))) for name in view["required"]]
    if view["keep"]:
        name = view["keep"]["field"]
        reasons.insert(0, rejection(name, F.when(F.col(value_of(name)).isNull(), F.col(reason_of(name)))))
    return F.coalesce(F.lit(None).cast("struct<reason:string,field:string,value:string>"), *reasons)


def rejection(name: str, reason: Column) -> Column:
    """The problem of a field. Null if `reason` is null."""
    value = F.substring(text_of(name), 1, LONGEST_VALUE)
    return F.when(
        reason.isNotNull(), F.struct(reason.alias("reason"), F.lit(name).alias("field"), value.alias("value"))
    )


def fate(
    name: str, reason: Optional[Column] = None, field: Optional[Column] = None, value: Optional[Column] = None
) -> Column:
    parts = {"fate": F.lit(name), "reason": reason, "field": field, "value": value}
    return text_struct(parts)


def text_struct(parts: Mapping[str, Optional[Column]]) -> Column:
    """A struct of texts. A part that is None becomes null."""
    return F.struct(
        *[(F.lit(None) if part is None else part).cast("string").alias(name) for name, part in parts.items()]
    )


def state(source: Source) -> Column:
    """A text with a letter for each field of a line. Lines of a source look alike, so there are few distinct states."""
    letters = []
    for index, field in enumerate(source["fields"]):
        text, reason = F.col(text_of(field["name"])), F.col(reason_of(field["name"]))
        fits = text.isNull() | reason.isNull()
        letters.append(F.when(fits, F.substring("_presence", index + 1, 1)).otherwise(F.lit(UNFIT)))
    return F.concat(*letters)
