"""Lists the objects below a location."""

import os
import re
from stat import S_ISDIR
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from engine.storage import hadoop_path, jvm, place

# What Hadoop writes about an object. After the path come only numbers and names of owners.
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
    """Lists all objects at any depth, or the one that is at the path itself. S3 lists them flat, a page a call."""
    where = files.makeQualified(path)
    if where.toUri().getScheme() == "file":
        return files_below_folder(where.toUri().getPath())
    hadoop = jvm(spark).org.apache.hadoop.util
    found = hadoop.functional.RemoteIterators.toList(files.listFiles(path, True))
    # One text brings them here: a call for each object takes minutes for many.
    text = hadoop.StringUtils.join("\0", found)
    matches = [STATUS.fullmatch(status) for status in text.split("\0")] if text else []
    if all(matches):
        return [Listed(match[1], int(match[2]), int(match[3])) for match in matches if match]
    # A file system with words of its own.
    return [Listed(one.getPath().toString(), one.getLen(), one.getModificationTime()) for one in found]


def files_below(spark: SparkSession, uri: str) -> list[tuple[str, int]]:
    """Returns the raw path, relative to `uri`, and the size of each file at any depth below it."""
    path, files = hadoop_path(spark, uri)
    start = len(place(files.makeQualified(path).toString())) + 1
    return sorted((place(found.uri)[start:], found.size) for found in objects_below(spark, path, files))


def files_below_folder(folder: str) -> list[Listed]:
    """Lists local files without Hadoop, which starts a process for each to find its permissions. Follows links."""
    listed = []
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            state = os.stat(here)
        except FileNotFoundError:
            # It vanished, or it is a link to nothing.
            continue
        if S_ISDIR(state.st_mode):
            pending.extend(os.path.join(here, name) for name in os.listdir(here))
        else:
            listed.append(Listed("file:" + here, state.st_size, state.st_mtime_ns // 1000000))
    return listed
