"""Where an execution keeps its files. The driver looks for them at the same places (src/lake/layout.ts)."""

import re

# The folder of an execution of a run: lake, run, name of the execution.
IN_RUN = re.compile(r"(.*)/_landfall/runs/([^/]+)/steps/[^/]+/[0-9]+/([^/]+)", re.DOTALL)


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
    return "%s/delta/%s/%s.%s" % (lake, table, run, name)
