"""Tables of earlier steps."""

import json

from engine.baked import UPSTREAMS
from engine.failure import StepFailure
from engine.schema import read_table
from engine.storage import exists, folders_below, read_bytes

# Of the reports that these steps left, and of the one this step will leave.
REPORT_VERSION = 1


def find_execution(spark, step, uri):
    """The folder of a complete execution of `step`: `uri` itself, or the one below it that was complete first.

    A later one never changes that, and the driver accepts the same one, whenever it looks.
    """
    below = ["%s/%s" % (uri, name) for name in folders_below(spark, uri)]
    for folders in [[uri], below]:
        ended = [(complete_since(spark, step, folder), folder) for folder in folders]
        complete = [(time, folder) for time, folder in ended if time is not None]
        if complete:
            return min(complete)[1]
    message = "the step %s has no complete execution in %s: its report.json is missing"
    raise StepFailure("upstream", message % (step, uri))


def complete_since(spark, step, folder):
    """When the execution ended, in epoch milliseconds, or None: a report that cannot be read whole is none."""
    uri = folder + "/report.json"
    if not exists(spark, uri):
        return None
    try:
        report = json.loads(read_bytes(spark, uri))
    except ValueError:
        return None
    if not isinstance(report, dict) or report.get("version") != REPORT_VERSION or report.get("step") != step:
        return None
    return report.get("endedAt")


def register_upstreams(spark, uris):
    """A view for each table read, with the types its contract states; returns the executions chosen."""
    chosen = {}
    for step, tables in UPSTREAMS.items():
        chosen[step] = find_execution(spark, step, uris[step])
        for table in tables:
            frame = read_table(spark, "%s/tables/%s" % (chosen[step], table["name"]), table)
            frame.createOrReplaceTempView(table["name"])
    return chosen
