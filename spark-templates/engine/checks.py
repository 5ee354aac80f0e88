"""Checks: what was written, read back, against what the contract promises."""

import json
from collections import namedtuple

from pyspark.sql import Window
from pyspark.sql import functions as F

from engine.schema import read_table
from engine.storage import files_below

# Rows shown of those that break a check.
SAMPLE = 5

# A check: the contract's word for it, its severity, a sentence, and the rows that break it, as a condition or a frame.
Check = namedtuple("Check", ["name", "severity", "detail", "broken"])


def report_table(spark, written, sources):
    """The report of one table: its files, rows written and read back, conflicts resolved, checks that do not hold.
    `sources` holds the books of each source."""
    table = written.table
    files = files_below(spark, written.uri)
    frame = read_back(spark, written)
    checks = row_checks(table)
    references = [check for check in table["checks"] if check["check"] == "references"]
    checked = with_references(spark, frame, references)
    counts = checked.agg(
        F.count(F.lit(1)).alias("rows"),
        *[F.count(F.when(check.broken, 1)).alias("broken_%d" % index) for index, check in enumerate(checks)],
        *[
            F.count_distinct(F.struct(*unique["columns"])).alias("distinct_%d" % index)
            for index, unique in enumerate(unique_checks(table))
        ],
        *[F.count(check["column"]).alias("matched_%d" % index) for index, check in enumerate(matched_checks(table))],
    ).first()
    violations = [
        violation(check, counts["broken_%d" % index], checked.where(check.broken).select(*frame.columns), table)
        for index, check in enumerate(checks)
        if counts["broken_%d" % index] > 0
    ]
    violations += [
        repetition(frame, unique, counts["rows"] - counts["distinct_%d" % index])
        for index, unique in enumerate(unique_checks(table))
        if counts["rows"] > counts["distinct_%d" % index]
    ]
    violations += size_violations(table, counts["rows"], sources)
    return {
        "files": [{"name": name, "size": size} for name, size in files if name.endswith(".parquet")],
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
        "violations": violations,
    }


def read_back(spark, written):
    return read_table(spark, written.uri, written.table)


def row_checks(table):
    """Checks that a row breaks by itself, or for want of a row elsewhere."""
    named = {check["column"] for check in table["checks"] if check["check"] == "not_null"}
    checks = [
        Check("not_null", "error", "%s is null" % column["name"], F.col(column["name"]).isNull())
        for column in table["columns"]
        if not column["nullable"] and column["name"] not in named
    ]
    references = 0
    for check in table["checks"]:
        if check["check"] == "references":
            checks.append(reference_check(check, references))
            references += 1
        elif check["check"] in ROW_CHECKS:
            detail, broken = ROW_CHECKS[check["check"]](check, F.col(check["column"]))
            checks.append(Check(check["check"], check["severity"], detail, broken))
    return checks


def accepted_values(check, column):
    values = ", ".join(json.dumps(value, ensure_ascii=False) for value in check["values"])
    return "%s is none of %s" % (check["column"], values), ~column.isin(check["values"])


def in_range(check, column):
    least, most = check.get("min"), check.get("max")
    # To Spark NaN is more than infinity: it is in no range, also in one without a maximum.
    broken = column > F.lit(float("inf") if most is None else most)
    if least is not None:
        broken = broken | (column < F.lit(least))
    bounds = ["at least %s" % least] * (least is not None) + ["at most %s" % most] * (most is not None)
    return "%s is not %s" % (check["column"], " and ".join(bounds)), broken


def not_null(check, column):
    return "%s is null" % check["column"], column.isNull()


ROW_CHECKS = {"accepted_values": accepted_values, "range": in_range, "not_null": not_null}


def with_references(spark, frame, references):
    """The frame with a column `_found_<n>` for each reference: true where the row referred to exists."""
    for index, check in enumerate(references):
        known = spark.table(check["table"]).select(
            F.col(check["to"]).alias("_known_%d" % index), F.lit(True).alias("_found_%d" % index)
        )
        frame = frame.join(
            known.dropDuplicates(["_known_%d" % index]),
            on=F.col(check["column"]) == F.col("_known_%d" % index),
            how="left",
        )
    return frame


def reference_check(check, index):
    detail = "%s is not in %s.%s" % (check["column"], check["table"], check["to"])
    broken = F.col(check["column"]).isNotNull() & F.col("_found_%d" % index).isNull()
    return Check("references", check["severity"], detail, broken)


def unique_checks(table):
    """The key is unique, whatever else is."""
    key = {"columns": table["key"], "severity": "error"}
    return [key] + [check for check in table["checks"] if check["check"] == "unique"]


def matched_checks(table):
    """Checks that tell how many rows have a value in a column."""
    return [check for check in table["checks"] if check["check"] == "matched"]


def violation(check, count, broken, table):
    rows = broken.orderBy(*table["key"], *broken.columns).limit(SAMPLE)
    return {
        "check": check.name,
        "severity": check.severity,
        "detail": check.detail,
        "count": count,
        "sample": as_json(rows),
    }


def repetition(frame, unique, surplus):
    """Rows that share what should be unique; the sample shows such rows side by side."""
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


def as_json(rows):
    whole = F.to_json(F.struct("*"), {"ignoreNullFields": "false"})
    return [row["json"] for row in rows.select(whole.alias("json")).collect()]


def size_violations(table, rows, sources):
    """Too few rows, or too many."""
    limits = [] if table["may_be_empty"] else [("not_empty", "error", 1, None, "")]
    for check in table["checks"]:
        if check["check"] == "row_count" and "equals" in check:
            kept = sources[check["equals"]]["lines"]["kept"]
            limits.append(("row_count", check["severity"], kept, kept, ", the kept lines of " + check["equals"]))
        elif check["check"] == "row_count":
            limits.append(("row_count", check["severity"], check.get("min"), check.get("max"), ""))
    return [
        {
            "check": name,
            "severity": severity,
            "detail": "the table has %d rows, and must have %s%s" % (rows, wanted(rows, least, most), why),
            "count": rows,
            "sample": [],
        }
        for name, severity, least, most, why in limits
        if (least is not None and rows < least) or (most is not None and rows > most)
    ]


def wanted(rows, least, most):
    """The limit that so many rows break."""
    if least == most:
        return "exactly %d" % least
    return "at least %d" % least if least is not None and rows < least else "at most %d" % most


def count_conflicts(spark, rule):
    """Keys of a view under which its rows disagree: the query had to choose. None when the contract names no rule."""
    if rule is None:
        return None
    content = F.struct(*rule["comparing"])
    keys = spark.table(rule["view"]).groupBy(*rule["by"])
    spread = keys.agg(F.min(content).alias("low"), F.max(content).alias("high"))
    return spread.where(~F.col("low").eqNullSafe(F.col("high"))).count()
