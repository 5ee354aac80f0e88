"""Where an execution keeps its files. The driver looks for them at the same places (src/lake/layout.ts)."""

import re
from typing import Optional

# The folder of an execution of a run: lake, run, name of the execution.
IN_RUN = re.compile(r"(.*)/_landfall/runs/([^/]+)/steps/[^/]+/[0-9]+/([^/]+)", re.DOTALL)
# How the folder that an execution has of a table is named: its run, and its own name.
WRITER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.(application_|local-|app-)[A-Za-z0-9_-]*-[0-9a-f]+")


def report_file(execution: str) -> str:
    """Returns where the report of an execution is. `execution` is its folder."""
    return execution + "/report.json"


def objects_file(execution: str) -> str:
    """Returns where an execution records what its input objects contained. `execution` is its folder."""
    return execution + "/objects.json.gz"


def table_folder(execution: str, table: str) -> str:
    """Returns where an execution writes a table. `execution` is its folder.

    What a run writes belongs to its lake, for later runs to use. A step that is run by hand keeps everything together.
    """
    found = IN_RUN.fullmatch(execution)
    if found is None:
        return "%s/tables/%s" % (execution, table)
    lake, run, name = found.groups()
    return folder_in_lake(lake, table, "%s.%s" % (run, name))


def folder_in_lake(lake: str, table: str, writer: str) -> str:
    return "%s/delta/%s/%s" % (lake, table, writer)


def lake_of(execution: str) -> Optional[str]:
    """Returns the lake of an execution of a run, or None if the step is run by hand. `execution` is its folder."""
    found = IN_RUN.fullmatch(execution)
    return None if found is None else found[1]


def folder_of_writer(execution: str, table: str, writer: object) -> str:
    """Returns where another execution of the same lake has written a table. `writer`: how a report names it.

    Raises ValueError if no execution can have that name, or if there is no lake.
    """
    lake = lake_of(execution)
    if lake is None or not isinstance(writer, str) or WRITER.fullmatch(writer) is None:
        raise ValueError("not an execution of this lake")
    return folder_in_lake(lake, table, writer)
