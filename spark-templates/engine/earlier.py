"""Finds what an earlier execution of the step kept, so that the lines of unchanged objects are not parsed again."""

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from engine.baked import STEP
from engine.console import say
from engine.contracts import DataFile, Input, ReadObject, Source
from engine.failure import StepFailure
from engine.objects import earlier_objects, is_bad
from engine.places import objects_file, table_folder
from engine.storage import hadoop_path
from engine.upstreams import find_execution, is_name_below

QUARANTINE = "quarantine"
# What reading a malformed file raises.
UNREADABLE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)
# Rows of stale objects are left out by a condition that names each of them.
MOST_STALE = 10000


class UnusableBase(Exception):
    """The rows of an earlier execution cannot be used. The text says why."""


class Earlier(NamedTuple):
    """What an earlier execution kept of a source."""

    folder: str
    # Names of the data files of its source table, and of its quarantine.
    rows: Sequence[str]
    quarantine: Sequence[str]
    # The bytes of the source table.
    size: int
    # The objects that have not changed since.
    unchanged: Sequence[ReadObject]
    # The objects that changed or are gone and had lines: their URIs as Spark reports them.
    stale: Sequence[str]


class Work(NamedTuple):
    """What is to be done for a source."""

    # All its objects.
    inputs: Sequence[Input]
    # Those whose lines are parsed.
    new: Sequence[Input]
    # What is known of the others.
    earlier: Optional[Earlier]


def plan_work(spark: SparkSession, source: Source, inputs: Sequence[Input], base: Optional[str]) -> Work:
    """Decides which objects are parsed. `base`: where the earlier execution wrote whose rows are used again."""
    if base is None:
        return Work(inputs, inputs, None)
    try:
        earlier = find_earlier(spark, source, inputs, base)
    except UnusableBase as why:
        say("%s: parses all objects: %s" % (source["name"], why))
        return Work(inputs, inputs, None)
    known = {one.uri for one in earlier.unchanged}
    new = [entry for entry in inputs if entry.uri not in known]
    said = (source["name"], len(new), len(inputs), earlier.folder)
    say("%s: parses %d of %d objects, and takes the rows of the others from %s" % said)
    return Work(inputs, new, earlier)


def find_earlier(spark: SparkSession, source: Source, inputs: Sequence[Input], base: str) -> Earlier:
    """Returns what an earlier execution kept of a source. Fails if that cannot be used."""
    try:
        folder, report = find_execution(spark, STEP, base)
        known = report["sourceTables"][source["name"]]
        if known["digest"] != source["digest"]:
            raise UnusableBase("its contract or the engine changed since %s" % folder)
        rows = [data_file(one) for one in known["files"]]
        if not rows:
            raise ValueError("no data files")
        quarantine = [data_file(one) for one in report["quarantine"].get(source["name"], [])]
        check_there(spark, objects_file(folder), report["objects"]["size"])
        for table, files in [(source["name"], rows), (QUARANTINE, quarantine)]:
            for file in files:
                check_there(spark, "%s/%s" % (table_folder(folder, table), file["name"]), file["size"])
        objects = earlier_objects(spark, source, folder)
    except (*UNREADABLE, StepFailure, Py4JError) as error:
        raise UnusableBase("the records of %s are missing or broken" % base) from error
    now = {entry.uri: entry for entry in inputs}
    unchanged = [one for one in objects if one.uri in now and is_same(one, now[one.uri])]
    same = {one.uri for one in unchanged}
    stale = [one.file for one in objects if one.file is not None and one.uri not in same]
    if not unchanged or len(stale) > MOST_STALE:
        raise UnusableBase("%d of the objects that %s read are unchanged, %d are not" % (len(same), folder, len(stale)))
    if not quarantine and any(is_bad(kind) for one in unchanged for kind in one.kinds):
        raise UnusableBase("%s names no file of rejected lines" % folder)
    size = sum(file["size"] for file in rows)
    return Earlier(folder, names_of(rows), names_of(quarantine), size, unchanged, stale)


def is_same(one: ReadObject, entry: Input) -> bool:
    """Whether an object is as it was when its lines were parsed. Without etags, its modification time decides."""
    if one.etag is None or entry.etag is None:
        return one.size == entry.size and one.modified == entry.modified
    return one.size == entry.size and one.etag == entry.etag


def data_file(value: Any) -> DataFile:
    """Checks an entry of a report, which anybody may have written. The name must stay in the table's folder."""
    name, size = value["name"], value["size"]
    if not isinstance(name, str) or not isinstance(size, int) or not is_name_below(name):
        raise ValueError("not a data file")
    return {"name": name, "size": size}


def check_there(spark: SparkSession, uri: str, size: int) -> None:
    path, files = hadoop_path(spark, uri)
    if not files.exists(path) or files.getFileStatus(path).getLen() != size:
        raise UnusableBase("%s is missing or has another size" % uri)


def names_of(files: Sequence[DataFile]) -> list[str]:
    return [file["name"] for file in files]
