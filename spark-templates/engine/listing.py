"""Lists the objects below a location."""

import os
import re
from stat import S_ISDIR
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from engine.contracts import DataFile
from engine.storage import hadoop_path, jvm, place

# How Hadoop prints the status of an object. Only numbers and names of owners follow the path.
STATUS = re.compile(
    r"\w+\{path=(.*); isDirectory=\w+; length=(\d+); replication=\d+; blocksize=\d+; modification_time=(\d+); .*",
    re.DOTALL,
)


class Listed(NamedTuple):
    """An object that exists."""

    # Raw, not percent-encoded.
    uri: str
    size: int
    # In epoch milliseconds.
    modified: int


def objects_below(spark: SparkSession, path: Any, files: Any) -> list[Listed]:
    """Lists all objects below a path at any depth, or the object at the path itself. In S3, each call lists a page."""
    where = files.makeQualified(path)
    if where.toUri().getScheme() == "file":
        return files_below_folder(where.toUri().getPath())
    hadoop = jvm(spark).org.apache.hadoop.util
    found = hadoop.functional.RemoteIterators.toList(files.listFiles(path, True))
    # Fetches the list as one text: a call per object would take minutes for many objects.
    text = hadoop.StringUtils.join("\0", found)
    matches = [STATUS.fullmatch(status) for status in text.split("\0")] if text else []
    if all(matches):
        return [Listed(match[1], int(match[2]), int(match[3])) for match in matches if match]
    # A file system that prints the status differently.
    return [Listed(one.getPath().toString(), one.getLen(), one.getModificationTime()) for one in found]


def data_files(spark: SparkSession, uri: str) -> list[DataFile]:
    """Returns the data files of a table in the folder where an execution wrote it. Their names are raw."""
    path, files = hadoop_path(spark, uri)
    start = len(place(files.makeQualified(path).toString())) + 1
    found = sorted((place(one.uri)[start:], one.size) for one in objects_below(spark, path, files))
    return [DataFile(uri, name, size) for name, size in found if name.endswith(".parquet")]


def files_below_folder(folder: str) -> list[Listed]:
    """Lists local files without Hadoop, which starts a process per file to read its permissions. Follows links."""
    listed = []
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            state = os.stat(here)
        except FileNotFoundError:
            # It vanished, or it is a broken link.
            continue
        if S_ISDIR(state.st_mode):
            pending.extend(os.path.join(here, name) for name in os.listdir(here))
        else:
            listed.append(Listed("file://" + here, state.st_size, state.st_mtime_ns // 1000000))
    return listed
