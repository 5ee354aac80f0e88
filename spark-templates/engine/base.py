"""The earlier execution of the step that this one builds on: its parsed rows, and tables that need not be made again.

It decides only how fast the step is. If any record or file it needs is not as it was, nothing of it is used.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from engine.baked import SOURCES, STEP, TABLES, UPSTREAMS
from engine.console import say
from engine.contracts import DataFile, ReadObject, Source, Table
from engine.failure import StepFailure
from engine.listing import data_files
from engine.objects import earlier_objects
from engine.partitions import values_in
from engine.places import lake_of, objects_file
from engine.references import by_folder, located_once
from engine.storage import hadoop_path, place
from engine.upstreams import find_execution

QUARANTINE = "quarantine"
# What reading a malformed file raises.
UNREADABLE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class UnusableBase(Exception):
    """An earlier execution, or what it kept of a source, cannot be used. The text says why."""


class EarlierSource(NamedTuple):
    """What an earlier execution kept of a source."""

    # The files of its source table, and of its rejected lines.
    rows: Sequence[DataFile]
    quarantine: Sequence[DataFile]
    objects: Sequence[ReadObject]
    # By view: the number of lines that are duplicates.
    duplicates: Mapping[str, int]


class EarlierTable(NamedTuple):
    """A table of an earlier execution."""

    files: Sequence[DataFile]
    # Its part of that report, without the files.
    report: dict[str, Any]


class Base(NamedTuple):
    """An earlier execution of the step."""

    folder: str
    # Those whose contract and engine were the same as now.
    sources: Mapping[str, EarlierSource]
    # Those that may be used again.
    tables: Mapping[str, EarlierTable]
    # By step that both read: the folder of the execution that it read.
    upstreams: Mapping[str, str]
    # Whether this execution can refer to files where they are: both belong to the same lake.
    refers: bool


def find_base(spark: SparkSession, uri: Optional[str], folder: str, names: Sequence[str]) -> Optional[Base]:
    """Returns the earlier execution at `uri`, or None if there is none or it cannot be used.

    `folder`: of this execution. `names`: the tables that may be used again.
    """
    if uri is None:
        return None
    try:
        return read_base(spark, uri, folder, names)
    except UnusableBase as why:
        say("%s parses all objects and makes all tables: %s" % (STEP, why))
        return None


def read_base(spark: SparkSession, uri: str, folder: str, names: Sequence[str]) -> Base:
    """Reads what is needed of an earlier execution, and checks that its files are there."""
    try:
        found, report = find_execution(spark, STEP, uri)
        check_there(spark, objects_file(found), report["objects"]["size"])
        refers = are_in_one_lake(folder, found)
        upstreams = {step: str(folder) for step, folder in report["upstreams"].items() if step in UPSTREAMS}
        sources = {
            source["name"]: earlier_source(spark, source, found, report)
            for source in SOURCES
            if report["sourceTables"].get(source["name"], {}).get("digest") == source["digest"]
        }
        tables = {
            table["name"]: earlier_table(table, found, report) for table in TABLES if refers and table["name"] in names
        }
    except (*UNREADABLE, StepFailure, Py4JError) as error:
        raise UnusableBase("the records of %s are missing or broken" % uri) from error
    files = [file for one in sources.values() for file in [*one.rows, *one.quarantine]]
    check_files(spark, files + [file for one in tables.values() for file in one.files])
    return Base(found, sources, tables, upstreams, refers)


def are_in_one_lake(one: str, other: str) -> bool:
    lakes = [lake_of(one), lake_of(other)]
    return len({None if lake is None else place(lake) for lake in lakes}) == 1 and lakes[0] is not None


def earlier_source(spark: SparkSession, source: Source, folder: str, report: Mapping[str, Any]) -> EarlierSource:
    """Returns what an execution kept of a source. Raises an exception if its records cannot be right."""
    name = source["name"]
    rows = located_once(report["sourceTables"][name]["files"], folder, name)
    if not rows:
        raise ValueError("no data files")
    books = report["sources"][name]["views"]
    duplicates = {view["name"]: books[view["name"]]["lines"]["duplicates"] for view in source["views"]}
    if not all(is_count(count) for count in duplicates.values()):
        raise ValueError("not a number of lines")
    quarantine = located_once(report["quarantine"].get(name, []), folder, QUARANTINE)
    return EarlierSource(rows, quarantine, earlier_objects(spark, source, folder), duplicates)


def earlier_table(table: Table, folder: str, report: Mapping[str, Any]) -> EarlierTable:
    """Returns a table of an execution. Raises an exception if its report is not one that a step writes."""
    its = report["tables"][table["name"]]
    files = located_once(its["files"], folder, table["name"])
    if not files:
        raise ValueError("no data files")
    if table["rebuild_by"]:
        for file in files:
            values_in(file, table)
    kept = {key: its[key] for key in ("rows", "readBack", "conflicts", "matched", "checks", "violations")}
    is_right = (
        all(is_count(kept[key]) for key in ("rows", "readBack", "checks"))
        and (kept["conflicts"] is None or is_count(kept["conflicts"]))
        and all(is_matched(one) for one in kept["matched"])
        and all(is_violation(one) for one in kept["violations"])
    )
    if not is_right:
        raise ValueError("not the report of a table")
    return EarlierTable(files, kept)


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def is_matched(one: Any) -> bool:
    share = one["warnBelow"]
    return are_texts([one["column"], one["found"]]) and is_count(one["rows"]) and type(share) in (int, float)


def is_violation(one: Any) -> bool:
    is_known = one["severity"] in ("error", "warn")
    return is_known and are_texts([one["check"], one["detail"], *one["sample"]]) and is_count(one["count"])


def check_there(spark: SparkSession, uri: str, size: int) -> None:
    path, files = hadoop_path(spark, uri)
    if not files.exists(path) or files.getFileStatus(path).getLen() != size:
        raise UnusableBase("%s is missing or has another size" % uri)


def check_files(spark: SparkSession, files: Sequence[DataFile]) -> None:
    """Checks that data files have the sizes that they had. Lists each folder once."""
    for folder, its in by_folder(files).items():
        try:
            there = set(data_files(spark, folder))
        except Py4JError as error:
            raise UnusableBase("%s cannot be listed" % folder) from error
        for file in its:
            if file not in there:
                raise UnusableBase("%s/%s is missing or has another size" % (file.folder, file.name))
