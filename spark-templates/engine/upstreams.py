"""Tables of earlier steps."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from pyspark.sql import SparkSession

from engine.baked import UPSTREAMS
from engine.contracts import DataFile
from engine.failure import StepFailure
from engine.places import report_file
from engine.references import located_once
from engine.schema import read_files
from engine.storage import exists, folders_below, read_bytes

# The version of the reports that the steps write and read.
REPORT_VERSION = 4


class Upstream(NamedTuple):
    """The execution of an earlier step that is read."""

    folder: str
    report: dict[str, Any]


def find_execution(spark: SparkSession, step: str, uri: str) -> tuple[str, dict[str, Any]]:
    """Returns the folder and the report of a complete execution of `step`.

    The folder is `uri` itself, or the one below it that ended first. An execution that ends later does not change the
    answer. The driver chooses by the same rule.
    """
    below = ["%s/%s" % (uri, name) for name in folders_below(spark, uri)]
    for folders in [[uri], below]:
        reports = [(folder, complete_report(spark, step, folder)) for folder in folders]
        complete = [(folder, report) for folder, report in reports if report is not None]
        if complete:
            return min(complete, key=lambda one: (one[1]["endedAt"], one[0]))
    message = "the step %s has no complete execution in %s: its report.json is missing"
    raise StepFailure("upstream", message % (step, uri))


def complete_report(spark: SparkSession, step: str, folder: str) -> Optional[dict[str, Any]]:
    """Returns the report of the execution in that folder, or None if it is missing, broken or of another step."""
    uri = report_file(folder)
    if not exists(spark, uri):
        return None
    try:
        report = json.loads(read_bytes(spark, uri))
    except ValueError:
        return None
    if not isinstance(report, dict) or report.get("version") != REPORT_VERSION or report.get("step") != step:
        return None
    return report if isinstance(report.get("endedAt"), int) else None


def files_of(report: dict[str, Any], execution: str, table: str) -> list[DataFile]:
    """Returns a table's data files. Fails if the report names none, or something that is not a file of the table."""
    try:
        files = located_once(report["tables"][table]["files"], execution, table)
    except (KeyError, TypeError, ValueError):
        files = []
    if not files:
        raise StepFailure("upstream", "the report of step %s names no data files of %s" % (report["step"], table))
    return files


def find_upstreams(spark: SparkSession, uris: Mapping[str, str]) -> dict[str, Upstream]:
    """Returns the executions that are read, by step."""
    return {step: Upstream(*find_execution(spark, step, uris[step])) for step in UPSTREAMS}


def register_upstreams(spark: SparkSession, upstreams: Mapping[str, Upstream]) -> None:
    """Registers a view for each table that is read."""
    for step, tables in UPSTREAMS.items():
        folder, report = upstreams[step]
        for table in tables:
            frame = read_files(spark, files_of(report, folder, table["name"]), table)
            frame.createOrReplaceTempView(table["name"])


def upstream_size(spark: SparkSession) -> int:
    """Returns the bytes of the tables that are read, as Spark estimates them from the sizes of their files."""
    frames = [spark.table(table["name"]) for tables in UPSTREAMS.values() for table in tables]
    return sum(int(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()) for frame in frames)
