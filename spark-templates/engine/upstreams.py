"""Tables of earlier steps."""

import json
from typing import Optional

from pyspark.sql import SparkSession

from engine.baked import UPSTREAMS
from engine.failure import StepFailure
from engine.schema import read_table
from engine.storage import exists, folders_below, read_bytes

# The version of the reports that the steps write and read.
REPORT_VERSION = 2


def find_execution(spark: SparkSession, step: str, uri: str) -> str:
    """Returns the folder of a complete execution of `step`: `uri` itself, or the one below it that ended first.

    An execution that ends later does not change the answer. The driver chooses by the same rule.
    """
    below = ["%s/%s" % (uri, name) for name in folders_below(spark, uri)]
    for folders in [[uri], below]:
        ended = [(complete_since(spark, step, folder), folder) for folder in folders]
        complete = [(time, folder) for time, folder in ended if time is not None]
        if complete:
            return min(complete)[1]
    message = "the step %s has no complete execution in %s: its report.json is missing"
    raise StepFailure("upstream", message % (step, uri))


def complete_since(spark: SparkSession, step: str, folder: str) -> Optional[int]:
    """Returns when the execution ended, in epoch milliseconds, or None if it has no complete report."""
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


def register_upstreams(spark: SparkSession, uris: dict[str, str]) -> dict[str, str]:
    """Registers a view for each table that is read. Returns the folder of the execution chosen, by step."""
    chosen = {}
    for step, tables in UPSTREAMS.items():
        chosen[step] = find_execution(spark, step, uris[step])
        for table in tables:
            frame = read_table(spark, "%s/tables/%s" % (chosen[step], table["name"]), table)
            frame.createOrReplaceTempView(table["name"])
    return chosen


def upstream_size(spark: SparkSession) -> int:
    """Returns the bytes of the tables that are read, as Spark estimates them from the sizes of their files."""
    frames = [spark.table(table["name"]) for tables in UPSTREAMS.values() for table in tables]
    return sum(int(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()) for frame in frames)
