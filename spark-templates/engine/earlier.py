"""Decides which objects are parsed. The lines of unchanged objects are not parsed again if an execution kept them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional

from engine.base import Base, UnusableBase
from engine.console import say
from engine.contracts import DataFile, Input, ReadObject, Source
from engine.objects import is_bad

# Rows of stale objects are left out by a condition that names each of them.
MOST_STALE = 10000


class Earlier(NamedTuple):
    """What is used of the rows that an earlier execution kept of a source."""

    # The files of its source table, and of its rejected lines.
    rows: Sequence[DataFile]
    quarantine: Sequence[DataFile]
    # By view: the number of lines that were duplicates.
    duplicates: Mapping[str, int]
    # The objects that have not changed since.
    unchanged: Sequence[ReadObject]
    # The objects that changed or are gone and had lines: their URIs as Spark reports them.
    stale: Sequence[str]
    # Whether this execution can refer to the files where they are.
    refers: bool


class Work(NamedTuple):
    """What is to be done for a source."""

    # All its objects.
    inputs: Sequence[Input]
    # Those whose lines are parsed.
    new: Sequence[Input]
    # What is known of the others.
    earlier: Optional[Earlier]


def plan_work(source: Source, inputs: Sequence[Input], base: Optional[Base]) -> Work:
    """Decides which objects of a source are parsed."""
    if base is None:
        return Work(inputs, inputs, None)
    try:
        earlier = find_earlier(source, inputs, base)
    except UnusableBase as why:
        say("%s: parses all objects: %s" % (source["name"], why))
        return Work(inputs, inputs, None)
    known = {one.uri for one in earlier.unchanged}
    new = [entry for entry in inputs if entry.uri not in known]
    said = (source["name"], len(new), len(inputs), base.folder)
    say("%s: parses %d of %d objects, and takes the rows of the others from %s" % said)
    return Work(inputs, new, earlier)


def find_earlier(source: Source, inputs: Sequence[Input], base: Base) -> Earlier:
    """Returns what is used of the rows that an earlier execution kept of a source. Fails if they are of no use."""
    kept = base.sources.get(source["name"])
    if kept is None:
        raise UnusableBase("its contract or the engine changed since %s" % base.folder)
    now = {entry.uri: entry for entry in inputs}
    unchanged = [one for one in kept.objects if one.uri in now and is_same(one, now[one.uri])]
    same = {one.uri for one in unchanged}
    stale = [one.file for one in kept.objects if one.file is not None and one.uri not in same]
    if not unchanged or len(stale) > MOST_STALE:
        counts = (len(same), base.folder, len(stale))
        raise UnusableBase("%d of the objects that %s read are unchanged, %d are not" % counts)
    if not kept.quarantine and any(is_bad(kind) for one in unchanged for kind in one.kinds):
        raise UnusableBase("%s names no file of rejected lines" % base.folder)
    return Earlier(kept.rows, kept.quarantine, kept.duplicates, unchanged, stale, base.refers)


def is_same(one: ReadObject, entry: Input) -> bool:
    """Whether an object is as it was when its lines were parsed. Without etags, its modification time decides."""
    if one.etag is None or entry.etag is None:
        return one.size == entry.size and one.modified == entry.modified
    return one.size == entry.size and one.etag == entry.etag
