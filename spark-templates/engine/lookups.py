"""Finds which rows of tables of earlier steps have changed since an earlier execution read them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Optional

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from engine.baked import UPSTREAMS
from engine.base import UNREADABLE, Base, UnusableBase, are_in_one_lake, check_files
from engine.contracts import DataFile, ReadTable
from engine.failure import StepFailure
from engine.schema import read_files
from engine.upstreams import Upstream, complete_report, files_of


class Lookup(NamedTuple):
    """A table of an earlier step, as this step reads it now and as the earlier execution read it."""

    # All rows that it has or had.
    rows: DataFrame
    # Rows that are in only one of the two. None if its files are the same.
    changed: Optional[DataFrame]


def find_lookups(
    spark: SparkSession, names: Iterable[str], base: Optional[Base], upstreams: Mapping[str, Upstream]
) -> dict[str, Lookup]:
    """Returns the named tables of earlier steps. Leaves out those whose earlier rows cannot be read any more."""
    if base is None:
        return {}
    wanted = set(names)
    found = {}
    for step, tables in UPSTREAMS.items():
        for table in [one for one in tables if one["name"] in wanted]:
            before = earlier_files(spark, step, table["name"], base)
            now = files_of(upstreams[step].report, upstreams[step].folder, table["name"])
            if before is not None:
                found[table["name"]] = compare(spark, table, before, now)
    return found


def earlier_files(spark: SparkSession, step: str, table: str, base: Base) -> Optional[list[DataFile]]:
    """Returns the files of a table that an earlier execution read. None if they are unknown or not as they were."""
    folder = base.upstreams.get(step)
    try:
        if folder is None or not are_in_one_lake(folder, base.folder):
            return None
        report = complete_report(spark, step, folder)
        if report is None:
            return None
        files = files_of(report, folder, table)
        check_files(spark, files)
    except (*UNREADABLE, StepFailure, UnusableBase, Py4JError):
        return None
    return files


def compare(spark: SparkSession, table: ReadTable, before: list[DataFile], now: list[DataFile]) -> Lookup:
    """Compares a table with what it was. Does not read files that it still has."""
    gone = [file for file in before if file not in now]
    new = [file for file in now if file not in before]
    rows = read_files(spark, [*now, *gone], table)
    if not gone and not new:
        return Lookup(rows, None)
    if not gone or not new:
        return Lookup(rows, read_files(spark, [*gone, *new], table))
    old_rows, new_rows = read_files(spark, gone, table), read_files(spark, new, table)
    return Lookup(rows, new_rows.exceptAll(old_rows).union(old_rows.exceptAll(new_rows)))
