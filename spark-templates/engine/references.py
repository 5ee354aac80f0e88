"""Data files as reports name them. A file that an earlier execution wrote stays where it is, and is referred to."""

from collections.abc import Sequence
from typing import Any

from engine.contracts import DataFile
from engine.places import folder_of_writer, table_folder


def located(value: Any, execution: str, table: str) -> DataFile:
    """Returns the data file that an entry of a report names, which anybody may have written.

    `execution`: the folder of the execution that reports it. Raises an exception unless the file is one of that table.
    """
    name, size = value["name"], value["size"]
    if not isinstance(name, str) or type(size) is not int or size < 0 or not is_name_below(name):
        raise ValueError("not a data file")
    folder = folder_of_writer(execution, table, value["in"]) if "in" in value else table_folder(execution, table)
    return DataFile(folder, name, size)


def located_once(values: Any, execution: str, table: str) -> list[DataFile]:
    """Returns the data files that a report names. Raises an exception if one of them is wrong or occurs twice."""
    files = [located(value, execution, table) for value in values]
    if len({(file.folder, file.name) for file in files}) < len(files):
        raise ValueError("a data file occurs twice")
    return files


def reported(files: Sequence[DataFile], execution: str, table: str) -> list[dict[str, Any]]:
    """Returns the entries of data files for the report of an execution. `execution` is its folder."""
    own = table_folder(execution, table)
    return [
        {"name": file.name, "size": file.size, **({} if file.folder == own else {"in": file.folder.rsplit("/", 1)[1]})}
        for file in files
    ]


def is_name_below(name: str) -> bool:
    """Whether a relative file name stays below its folder."""
    return not any(part in ("", ".", "..") for part in name.split("/"))


def by_folder(files: Sequence[DataFile]) -> dict[str, list[DataFile]]:
    """Returns the files by the folder that their execution has of the table."""
    groups: dict[str, list[DataFile]] = {}
    for file in files:
        groups.setdefault(file.folder, []).append(file)
    return groups
