"""Decides how each table of the step is made: carried over, some of its partitions, or whole."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from pyspark.sql import SparkSession

from engine.affected import find_affected, looking_up
from engine.baked import TABLES
from engine.base import Base, EarlierTable
from engine.console import say
from engine.contracts import Table
from engine.lookups import Lookup
from engine.partitions import PartialRebuild, partial_rebuild
from engine.references import by_folder, reported
from engine.sources import Opened

# When files of more executions than this would remain, the table is made whole. Each execution adds a few small files.
MOST_WRITERS_OF_TABLE = 64


class Rebuild(NamedTuple):
    """A table that is made. `part` is None if it is made whole."""

    table: Table
    part: Optional[PartialRebuild]


def usable_tables(base: Optional[Base], names: Sequence[str]) -> dict[str, EarlierTable]:
    """Returns those of the named tables that can be used again."""
    return {} if base is None else {name: base.tables[name] for name in names if name in base.tables}


def plan_rebuilds(
    spark: SparkSession,
    made: Sequence[Table],
    sources: Sequence[Opened],
    earlier: Mapping[str, EarlierTable],
    lookups: Mapping[str, Lookup],
) -> list[Rebuild]:
    """Decides how tables are made. Registers views with changed rows only.

    `earlier`: the tables of an earlier execution whose partitions may stay.
    """
    in_part = [table for table in made if table["name"] in earlier and can_find_affected(table, sources, lookups)]
    affected = find_affected(spark, in_part, sources, lookups)
    return [plan_rebuild(spark, table, earlier.get(table["name"]), affected.get(table["name"])) for table in made]


def can_find_affected(table: Table, sources: Sequence[Opened], lookups: Mapping[str, Lookup]) -> bool:
    """Whether it is known which rows of the sources changed, and which rows look up changed rows of earlier steps."""
    return all(one.work.earlier is not None for one in sources) and all(
        name in lookups and looking_up(sources, table, fields) for name, fields in table["rebuild_when"].items()
    )


def plan_rebuild(
    spark: SparkSession, table: Table, earlier: Optional[EarlierTable], affected: Optional[Sequence[str]]
) -> Rebuild:
    """Decides how a table is made. `affected`: its affected partitions, or None if they are unknown."""
    if earlier is None or affected is None:
        return Rebuild(table, None)
    part = partial_rebuild(spark, table, earlier.files, affected)
    if affected and len(by_folder(part.kept)) >= MOST_WRITERS_OF_TABLE:
        say("%s: made whole, because its files are of too many executions" % table["name"])
        return Rebuild(table, None)
    return Rebuild(table, part)


def report_carried(table: Table, earlier: EarlierTable, folder: str) -> dict[str, Any]:
    """Makes the report of a table that is carried over. `folder`: of this execution."""
    files = reported(earlier.files, folder, table["name"])
    return {"files": files, "made": {"kind": "carried over"}, **earlier.report}


def names_looked_up(names: Container[str]) -> set[str]:
    """Returns the tables of earlier steps in which rows of the named tables are looked up."""
    return {name for table in TABLES if table["name"] in names for name in table["rebuild_when"]}
