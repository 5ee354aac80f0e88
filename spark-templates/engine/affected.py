"""Finds the partitions of a table that changed input objects affect.

The query of the table runs over the changed rows only. A contract with `rebuild` says that this gives the partitions of
all rows that may differ.
"""

from collections.abc import Mapping, Sequence
from typing import Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.console import say
from engine.contracts import Table, View
from engine.failure import explain
from engine.parallel import all_at_once
from engine.partitions import partition_of
from engine.sources import Opened
from engine.tables import result_of
from engine.views import register_views_of, rows_of


def find_affected(
    spark: SparkSession, tables: Sequence[Table], sources: Sequence[Opened]
) -> dict[str, Optional[list[str]]]:
    """Returns the affected partitions of each table, or None for a table whose query fails on the changed rows.

    Registers views with changed rows only.
    """
    asked: list[tuple[Table, DataFrame]] = []
    for changing in [one for one in sources if tables and one.changed is not None]:
        for one in sources:
            register_views_of(one.source, changed_rows(one) if one is changing else all_rows(one))
        asked += [(table, result_of(spark, table).select(partition_of(table)).distinct()) for table in tables]
    found = all_at_once(spark, lambda one: partitions_in(*one), asked)
    affected: dict[str, Optional[list[str]]] = {table["name"]: [] for table in tables}
    for (table, _), partitions in zip(asked, found):
        before = affected[table["name"]]
        affected[table["name"]] = None if before is None or partitions is None else sorted({*before, *partitions})
    return affected


def partitions_in(table: Table, distinct: DataFrame) -> Optional[list[str]]:
    """Returns the partitions in a frame of them. None if the query fails.

    It may fail only on rows that the whole query does not read, such as those that are gone.
    """
    try:
        return [row[0] for row in distinct.collect()]
    except (Py4JError, PySparkException) as error:
        said = (table["name"], explain(error))
        say("%s: made whole, because its query cannot read the changed rows alone: %s" % said)
        return None


def changed_rows(opened: Opened) -> Mapping[str, DataFrame]:
    """Returns the changed rows of each view, and all rows that share an event key with one of them."""
    changed = opened.changed
    assert changed is not None
    return {
        view["name"]: with_rivals(view, rows_of(view, changed), rows_of(view, opened.rows))
        for view in opened.source["views"]
    }


def with_rivals(view: View, changed: DataFrame, rows: DataFrame) -> DataFrame:
    """Adds the rows of the same events: another one of them may win now."""
    if not view["event_key"]:
        return changed
    event = F.xxhash64(*view["event_key"])
    hashes = changed.select(event.alias("_hash")).distinct()
    rivals = rows.withColumn("_hash", event).join(hashes, on="_hash", how="left_semi")
    return changed.unionByName(rivals.drop("_hash"))


def all_rows(opened: Opened) -> Mapping[str, DataFrame]:
    """Returns the rows that each view has or had, duplicates included."""
    rows = opened.rows if opened.changed is None else opened.rows.unionByName(opened.changed)
    return {view["name"]: rows_of(view, rows) for view in opened.source["views"]}
