"""Finds the partitions of a table that changed input objects, or changed rows it looks up, affect.

The query of the table runs only over the changed rows, or over those that look up changed ones. A contract with
`rebuild` says that this gives the partitions of all rows that may differ.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.console import say
from engine.contracts import Table, View
from engine.failure import explain
from engine.lookups import Lookup
from engine.parallel import all_at_once
from engine.partitions import partition_of
from engine.sources import Opened
from engine.tables import result_of
from engine.views import register_view, rows_of


def find_affected(
    spark: SparkSession, tables: Sequence[Table], sources: Sequence[Opened], lookups: Mapping[str, Lookup]
) -> dict[str, Optional[list[str]]]:
    """Returns the affected partitions of each table, or None for a table whose query fails on the changed rows.

    Registers views with changed rows only, and tables of earlier steps with the rows that they have or had.
    """
    asked: list[tuple[Table, DataFrame]] = []
    for name, lookup in lookups.items():
        lookup.rows.createOrReplaceTempView(name)
    for changing in [one for one in sources if one.changed is not None]:
        for view in changing.source["views"]:
            reading = [table for table in tables if view["name"] in table["reads"]]
            if reading:
                register_instead(sources, view, changed_rows(changing, view))
                asked += [(table, partitions_of(spark, table)) for table in reading]
    for table in tables:
        for name, fields in table["rebuild_when"].items():
            changed = lookups[name].changed
            if changed is None:
                continue
            for opened, view in looking_up(sources, table, fields):
                register_instead(sources, view, rows_looking_up(opened, view, changed, fields))
                asked.append((table, partitions_of(spark, table)))
    found = all_at_once(spark, lambda one: partitions_in(*one), asked)
    affected: dict[str, Optional[list[str]]] = {table["name"]: [] for table in tables}
    for (table, _), partitions in zip(asked, found):
        before = affected[table["name"]]
        affected[table["name"]] = None if before is None or partitions is None else sorted({*before, *partitions})
    return affected


def register_instead(sources: Sequence[Opened], view: View, rows: DataFrame) -> None:
    """Registers a view with these rows, and all others, also those of its own source, with the rows they have or had.

    A row of a table may join a changed line of this view with unchanged ones of another.
    """
    for one in sources:
        for other in one.source["views"]:
            is_it = other["name"] == view["name"]
            register_view(one.source, other, rows if is_it else all_rows(one, other))


def partitions_of(spark: SparkSession, table: Table) -> DataFrame:
    """Returns the partitions of the rows of a table, as the views are now."""
    return result_of(spark, table).select(partition_of(table)).distinct()


def looking_up(sources: Sequence[Opened], table: Table, fields: Mapping[str, str]) -> list[tuple[Opened, View]]:
    """Returns the views that the query of a table reads and whose rows may look up another table by these fields.

    The fields are given by the columns of that table.
    """
    having = [one for one in sources if {*fields.values()} <= {field["name"] for field in one.source["fields"]}]
    return [(one, view) for one in having for view in one.source["views"] if view["name"] in table["reads"]]


def rows_looking_up(opened: Opened, view: View, changed: DataFrame, fields: Mapping[str, str]) -> DataFrame:
    """Returns the rows of a view, duplicates included, that look up one of the changed rows."""
    names = {field: "_key_%d" % index for index, field in enumerate(fields.values())}
    keys = changed.select(*[F.col(column).alias(names[field]) for column, field in fields.items()]).distinct()
    same = reduce(and_, [F.col(field).eqNullSafe(F.col(name)) for field, name in names.items()])
    return all_rows(opened, view).join(keys, on=same, how="left_semi")


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


def changed_rows(opened: Opened, view: View) -> DataFrame:
    """Returns the changed rows of a view, and all rows that share an event key with one of them."""
    assert opened.changed is not None
    return with_rivals(view, rows_of(view, opened.changed), rows_of(view, opened.rows))


def with_rivals(view: View, changed: DataFrame, rows: DataFrame) -> DataFrame:
    """Adds the rows of the same events: another one of them may win now."""
    if not view["event_key"]:
        return changed
    event = F.xxhash64(*view["event_key"])
    hashes = changed.select(event.alias("_hash")).distinct()
    rivals = rows.withColumn("_hash", event).join(hashes, on="_hash", how="left_semi")
    return changed.unionByName(rivals.drop("_hash"))


def all_rows(opened: Opened, view: View) -> DataFrame:
    """Returns the rows that a view has or had, duplicates included."""
    rows = opened.rows if opened.changed is None else opened.rows.unionByName(opened.changed)
    return rows_of(view, rows)
