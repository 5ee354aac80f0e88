"""Conditions: checks that a pipeline writes in SQL. Each is one boolean expression over the columns of a row."""

from collections.abc import Sequence
from typing import Callable, Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.baked import QUERIES
from engine.contracts import ConditionCheck, Table
from engine.failure import StepFailure, explain
from engine.reading import action_in
from engine.schema import schema_of


def check_conditions(spark: SparkSession, tables: Sequence[Table]) -> None:
    """Fails if a condition cannot be evaluated on the columns of its table. Reads no data."""
    for table in tables:
        conditions = conditions_of(table)
        if conditions:
            empty = spark.createDataFrame([], schema_of(table))
        for check in conditions:
            reason = mistake_in(spark, empty, check)
            if reason:
                raise condition_failure(table, check, reason)


def conditions_of(table: Table) -> list[ConditionCheck]:
    return [check for check in table["checks"] if check["check"] == "condition"]


def condition_failure(table: Table, check: ConditionCheck, reason: str) -> StepFailure:
    template, _, _ = QUERIES[table["name"]]
    message = "the condition %s of %s %s" % (check["name"], table["name"], reason)
    return StepFailure("query", message, table["name"], template, check["line"])


def mistake_in(spark: SparkSession, empty: DataFrame, check: ConditionCheck) -> str:
    """Returns what is wrong with a condition, or an empty text. `empty`: a frame with the columns of the table."""
    try:
        # Before Spark resolves the expression: resolving already runs some functions.
        action = action_in(spark, spark._jsparkSession.sessionState().sqlParser().parseExpression(check["sql"]))
        if action:
            return "%s; it may only read columns" % action
        plan = empty.where(F.expr(check["sql"]))._jdf.queryExecution().analyzed()
    except (Py4JError, PySparkException) as error:
        return "is invalid: %s" % explain(error)
    if not plan.subqueriesAll().isEmpty():
        return "has a subquery; it may only read the columns of its row"
    return "" if plan.condition().deterministic() else "is not deterministic"


def failing_condition(frame: DataFrame, table: Table) -> Optional[StepFailure]:
    """Finds a condition that Spark cannot evaluate on some row, for example because it divides by zero.

    A table that cannot be read without conditions either fails for another reason; then no condition is to blame.
    """
    conditions = conditions_of(table)
    if not conditions or error_of(read_whole, frame):
        return None
    for check in conditions:
        error = error_of(count_broken, frame, check)
        if error:
            return condition_failure(table, check, "fails on a row: %s" % error)
    return None


def error_of(work: Callable[..., object], *arguments: object) -> str:
    """Returns Spark's sentence about why the work fails, or an empty text if it does not."""
    try:
        work(*arguments)
    except (Py4JError, PySparkException) as error:
        return explain(error)
    return ""


def read_whole(frame: DataFrame) -> None:
    """Reads all columns of all rows. A count would read no column at all."""
    frame.agg(F.max(F.xxhash64(*frame.columns))).collect()


def count_broken(frame: DataFrame, check: ConditionCheck) -> int:
    return frame.where(broken_condition(check)).count()


def broken_condition(check: ConditionCheck) -> Column:
    """True for rows where the condition is false. NULL passes, as in a SQL CHECK constraint."""
    return ~F.expr(check["sql"])


def condition_detail(check: ConditionCheck) -> str:
    return "%s does not hold: %s" % (check["name"], " ".join(check["sql"].split()))
