"""Checks written tables: reads them back and compares them with their contracts."""

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple, Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from engine.conditions import broken_condition, condition_detail, failing_condition
from engine.contracts import (
    AcceptedValuesCheck,
    MatchedCheck,
    RangeCheck,
    ReferencesCheck,
    Resolution,
    Table,
    TableCheck,
    UniqueCheck,
    ViewBooks,
    Written,
)
from engine.failure import StepFailure, explain
from engine.references import reported
from engine.schema import constant, read_files, read_table

# Maximum number of violating rows in the report of a check.
SAMPLE = 5


class RowCheck(NamedTuple):
    """A check of single rows."""

    # As in the contract.
    name: str
    severity: str
    detail: str
    # True for rows that break the check; always false for references, whose broken rows are found by their values.
    broken: Column
    refers: Optional[ReferencesCheck] = None


def report_table(spark: SparkSession, written: Written, views: Mapping[str, ViewBooks], folder: str) -> dict[str, Any]:
    """Makes the report of a table: its files, rows written and read back, conflicts resolved, and violated checks.

    `views`: the books of each view. `folder`: of the execution.
    """
    table = written.table
    frame = read_back(spark, written)
    checks = row_checks(table)
    counts = count_together(
        table,
        frame,
        F.count(F.lit(1)).alias("rows"),
        *[F.count(F.when(check.broken, 1)).alias("broken_%d" % index) for index, check in enumerate(checks)],
        *[
            F.count_distinct(F.struct(*unique["columns"])).alias("distinct_%d" % index)
            for index, unique in enumerate(unique_checks(table))
        ],
        *[F.count(check["column"]).alias("matched_%d" % index) for index, check in enumerate(matched_checks(table))],
    )
    lost = lost_references(spark, frame, checks)
    violations = []
    for index, check in enumerate(checks):
        if check.refers is not None and index in lost:
            rows = frame.join(lost[index], on=F.col(check.refers["column"]) == F.col("_lost"), how="left_semi")
            violations.append(violation(check, rows.count(), rows, table))
        elif counts["broken_%d" % index] > 0:
            violations.append(violation(check, counts["broken_%d" % index], frame.where(check.broken), table))
    violations += [
        repetition(frame, unique, counts["rows"] - counts["distinct_%d" % index])
        for index, unique in enumerate(unique_checks(table))
        if counts["rows"] > counts["distinct_%d" % index]
    ]
    sizes = size_limits(table, views)
    violations += size_violations(sizes, counts["rows"])
    return {
        "files": reported([*written.kept, *written.own], folder, table["name"]),
        "made": written.made,
        "rows": written.rows,
        "readBack": counts["rows"],
        "conflicts": count_conflicts(spark, table["resolves"]),
        "matched": [
            {
                "column": check["column"],
                "found": check["found"],
                "rows": counts["matched_%d" % index],
                "warnBelow": check["warnBelow"],
            }
            for index, check in enumerate(matched_checks(table))
        ],
        "checks": len(checks) + len(unique_checks(table)) + len(sizes),
        "violations": violations,
    }


def count_together(table: Table, frame: DataFrame, *counts: Column) -> Row:
    """Returns all counts from one reading of a table."""
    try:
        [row] = frame.agg(*counts).collect()
    except (Py4JError, PySparkException) as error:
        other = StepFailure("spark", "checking %s: %s" % (table["name"], explain(error)), table["name"])
        raise failing_condition(frame, table) or other from error
    return row


def read_back(spark: SparkSession, written: Written) -> DataFrame:
    """Reads a whole table: what this execution has written of it, and the files that stay."""
    frames = [read_table(spark, written.own[0].folder, written.table)] if written.own else []
    if written.kept:
        frames.append(read_files(spark, written.kept, written.table))
    return reduce(DataFrame.union, frames)


def row_checks(table: Table) -> list[RowCheck]:
    """Returns the checks that single rows can break."""
    named = {check["column"] for check in table["checks"] if check["check"] == "not_null"}
    checks = [
        RowCheck("not_null", "error", "%s is null" % column["name"], F.col(column["name"]).isNull())
        for column in table["columns"]
        if not column["nullable"] and column["name"] not in named
    ]
    types = {column["name"]: column["type"] for column in table["columns"]}
    for check in table["checks"]:
        checks += own_checks(check, types)
    return checks


def own_checks(check: TableCheck, types: Mapping[str, str]) -> list[RowCheck]:
    """Returns the check as a check of single rows, or nothing if it is a check of the whole table.

    `types`: the type of each column.
    """
    if check["check"] == "accepted_values":
        return [accepted_values(check, types[check["column"]])]
    if check["check"] == "range":
        return [in_range(check, types[check["column"]])]
    if check["check"] == "condition":
        return [RowCheck("condition", check["severity"], condition_detail(check), broken_condition(check))]
    if check["check"] == "references":
        detail = "%s is not in %s.%s" % (check["column"], check["table"], check["to"])
        return [RowCheck("references", check["severity"], detail, F.lit(False), check)]
    if check["check"] == "not_null":
        detail = "%s is null" % check["column"]
        return [RowCheck("not_null", check["severity"], detail, F.col(check["column"]).isNull())]
    return []


def accepted_values(check: AcceptedValuesCheck, kind: str) -> RowCheck:
    column = F.col(check["column"])
    values = ", ".join(json.dumps(value, ensure_ascii=False) for value in check["values"])
    detail = "%s is not one of %s" % (check["column"], values)
    accepted = [constant(value, kind) for value in check["values"]]
    return RowCheck("accepted_values", check["severity"], detail, ~column.isin(*accepted))


def in_range(check: RangeCheck, kind: str) -> RowCheck:
    column = F.col(check["column"])
    least, most = check.get("min"), check.get("max")
    broken = F.lit(False)
    if least is not None:
        broken = broken | (column < constant(least, kind))
    if most is not None:
        broken = broken | (column > constant(most, kind))
    elif kind == "DOUBLE":
        # In Spark, NaN is greater than infinity. No range contains it, not even one without a maximum.
        broken = broken | (column > F.lit(float("inf")))
    bounds = ["at least %s" % least] * (least is not None) + ["at most %s" % most] * (most is not None)
    detail = "%s is not %s" % (check["column"], " and ".join(bounds))
    return RowCheck("range", check["severity"], detail, broken)


def lost_references(spark: SparkSession, frame: DataFrame, checks: Sequence[RowCheck]) -> dict[int, DataFrame]:
    """Returns the values that refer to no row, by index of the broken check. One job checks all references."""
    lost = {index: lost_values(spark, frame, one.refers) for index, one in enumerate(checks) if one.refers is not None}
    if not lost:
        return {}
    numbered = [values.select(F.lit(index).alias("_index")) for index, values in lost.items()]
    broken = reduce(DataFrame.union, numbered).distinct().collect()
    return {row["_index"]: lost[row["_index"]] for row in broken}


def lost_values(spark: SparkSession, frame: DataFrame, check: ReferencesCheck) -> DataFrame:
    """Returns the distinct values of a reference that no row of the other table has."""
    known = spark.table(check["table"]).select(F.col(check["to"]).alias("_known"))
    values = frame.select(F.col(check["column"]).alias("_lost")).where(F.col("_lost").isNotNull()).distinct()
    return values.join(known, on=F.col("_lost") == F.col("_known"), how="left_anti")


def unique_checks(table: Table) -> list[UniqueCheck]:
    """Returns the columns that must be unique together, the key first."""
    key: UniqueCheck = {"check": "unique", "severity": "error", "columns": table["key"]}
    return [key] + [check for check in table["checks"] if check["check"] == "unique"]


def matched_checks(table: Table) -> list[MatchedCheck]:
    """Returns the checks that count the rows with a value in a column."""
    return [check for check in table["checks"] if check["check"] == "matched"]


def violation(check: RowCheck, count: int, broken: DataFrame, table: Table) -> dict[str, Any]:
    """Reports a violated check of single rows. `broken`: the rows that break it."""
    rows = broken.orderBy(*table["key"], *broken.columns).limit(SAMPLE)
    return {
        "check": check.name,
        "severity": check.severity,
        "detail": check.detail,
        "count": count,
        "sample": as_json(rows),
    }


def repetition(frame: DataFrame, unique: UniqueCheck, surplus: int) -> dict[str, Any]:
    """Reports rows with the same values in columns that must be unique. The sample shows such rows side by side."""
    names = unique["columns"]
    twins = frame.select("*", F.count(F.lit(1)).over(Window.partitionBy(*names)).alias("_twins"))
    rows = twins.where(F.col("_twins") > 1).orderBy(*names, *frame.columns).select(*frame.columns).limit(SAMPLE)
    return {
        "check": "unique",
        "severity": unique["severity"],
        "detail": "%s is not unique" % ", ".join(names),
        "count": surplus,
        "sample": as_json(rows),
    }


def as_json(rows: DataFrame) -> list[str]:
    whole = F.to_json(F.struct("*"), {"ignoreNullFields": "false"})
    return [row["json"] for row in rows.select(whole.alias("json")).collect()]


class SizeLimit(NamedTuple):
    """A check of a table's number of rows."""

    name: str
    severity: str
    least: Optional[int]
    most: Optional[int]
    # Where the limits come from, or an empty text.
    why: str = ""


def size_limits(table: Table, views: Mapping[str, ViewBooks]) -> list[SizeLimit]:
    """Returns the checks of a table's number of rows."""
    limits = [] if table["may_be_empty"] else [SizeLimit("not_empty", "error", 1, None)]
    for check in table["checks"]:
        if check["check"] == "row_count" and "equals" in check:
            kept = views[check["equals"]]["lines"]["kept"]
            why = ", the kept lines of " + check["equals"]
            limits.append(SizeLimit("row_count", check["severity"], kept, kept, why))
        elif check["check"] == "row_count":
            limits.append(SizeLimit("row_count", check["severity"], check.get("min"), check.get("max")))
    return limits


def size_violations(limits: Sequence[SizeLimit], rows: int) -> list[dict[str, Any]]:
    """Reports the limits that a table with this number of rows breaks."""
    return [
        {
            "check": name,
            "severity": severity,
            "detail": "the table has %d rows, but must have %s%s" % (rows, wanted(rows, least, most), why),
            "count": rows,
            "sample": [],
        }
        for name, severity, least, most, why in limits
        if (least is not None and rows < least) or (most is not None and rows > most)
    ]


def wanted(rows: int, least: Optional[int], most: Optional[int]) -> str:
    """Returns the limit that this number of rows breaks."""
    if least == most:
        return "exactly %s" % least
    return "at least %s" % least if least is not None and rows < least else "at most %s" % most


def count_conflicts(spark: SparkSession, rule: Optional[Resolution]) -> Optional[int]:
    """Counts the keys of a view whose rows conflict, so that the query had to choose one. None without a rule.

    Compares hashes, because Spark would sort all rows to find the lowest of several columns. A hash ignores nulls, so
    whether a column is null is hashed too.
    """
    if rule is None:
        return None
    parts = [part for name in rule["comparing"] for part in (F.col(name), F.col(name).isNull())]
    content = F.xxhash64(*parts)
    keys = spark.table(rule["view"]).groupBy(*rule["by"])
    spread = keys.agg(F.min(content).alias("low"), F.max(content).alias("high"))
    return spread.where(F.col("low") != F.col("high")).count()
