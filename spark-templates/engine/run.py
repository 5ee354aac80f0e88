"""Runs the step."""

import argparse
import json
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable, Optional

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from engine.application import forget, load_program, split_arguments
from engine.arguments import parse_arguments
from engine.baked import SOURCES, STEP, TABLES
from engine.base import QUARANTINE, Base, EarlierTable, find_base
from engine.checks import read_back, report_table
from engine.conditions import check_conditions
from engine.console import say
from engine.contracts import Input, Written
from engine.earlier import plan_work
from engine.failure import StepFailure, end_on_signal, explain, program_failure, report_failure, time_limit
from engine.inputs import check_unchanged, listed_inputs, manifest_inputs
from engine.lookups import find_lookups
from engine.objects import write_objects
from engine.parallel import all_at_once
from engine.places import report_file
from engine.reading import check_queries
from engine.rebuild import Rebuild, names_looked_up, plan_rebuilds, report_carried, usable_tables
from engine.references import reported
from engine.schema import read_files
from engine.session import fit_to_data, open_session
from engine.sources import Opened, open_source, write_source_table
from engine.storage import create_file
from engine.tables import write_table
from engine.upstreams import REPORT_VERSION, Upstream, find_upstreams, register_upstreams, upstream_size
from engine.views import register_views


def run(spark: SparkSession, arguments: argparse.Namespace, started: float) -> None:
    """Does all the work from input to report. The report is written last and makes the execution complete."""
    application = spark.sparkContext.applicationId
    folder = "%s/%s-%s" % (arguments.output.rstrip("/"), application, os.urandom(4).hex())
    say("%s writes to %s" % (STEP, folder))
    check_conditions(spark, TABLES)
    check_queries(spark, TABLES)
    upstreams = find_upstreams(spark, arguments.upstream)
    register_upstreams(spark, upstreams)
    inputs = find_inputs(spark, arguments)
    base = find_base(spark, arguments.base, folder, [*arguments.carry_over, *arguments.partitions])
    work = {source["name"]: plan_work(source, inputs[source["name"]], base) for source in SOURCES}
    known = sum(file.size for one in work.values() if one.earlier is not None for file in one.earlier.rows)
    fit_to_data(spark, [entry for one in work.values() for entry in one.new], upstream_size(spark) + known)
    opened = [open_source(spark, one, arguments.source[one["name"]], work[one["name"]], folder) for one in SOURCES]
    carried, rebuilds = plan_tables(spark, arguments, base, opened, upstreams)
    writes: list[Callable[[], Any]] = [partial(write_table, spark, *rebuild, folder) for rebuild in rebuilds]
    writes += [partial(write_source_table, spark, one, folder) for one in opened]
    done = all_at_once(spark, lambda write: write(), writes)
    written: list[Written] = done[: len(rebuilds)]
    register_tables(spark, written, carried)
    tables = report_tables(spark, written, carried, opened, folder)
    tell_violations(tables)
    for source in SOURCES:
        check_unchanged(spark, source, arguments.source[source["name"]], inputs[source["name"]])
    report = {
        "version": REPORT_VERSION,
        "step": STEP,
        "token": arguments.token or "by-hand",
        "applicationId": application,
        "sparkVersion": spark.version,
        "startedAt": int(started * 1000),
        "endedAt": int(time.time() * 1000),
        "sources": {one.source["name"]: one.books for one in opened},
        "quarantine": {one.source["name"]: reported(one.quarantine, folder, QUARANTINE) for one in opened},
        "objects": {"size": write_objects(spark, {one.source["name"]: one.objects for one in opened}, folder)},
        "sourceTables": {one.source["name"]: table for one, table in zip(opened, done[len(rebuilds) :])},
        "upstreams": {step: upstream.folder for step, upstream in upstreams.items()},
        "tables": tables,
    }
    create_file(spark, report_file(folder), json.dumps(report, ensure_ascii=False, indent=1).encode("utf-8"))
    say("%s is complete after %.1f s: %s" % (STEP, time.time() - started, report_file(folder)))


def plan_tables(
    spark: SparkSession,
    arguments: argparse.Namespace,
    base: Optional[Base],
    opened: Sequence[Opened],
    upstreams: Mapping[str, Upstream],
) -> tuple[dict[str, EarlierTable], list[Rebuild]]:
    """Decides which tables are carried over and how the others are made. Registers the views that these read."""
    carried = usable_tables(base, arguments.carry_over)
    for name in carried:
        say("%s: carried over" % name)
    remaining = [table for table in TABLES if table["name"] not in carried]
    in_part = usable_tables(base, arguments.partitions)
    lookups = find_lookups(spark, names_looked_up(in_part), base, upstreams)
    rebuilds = plan_rebuilds(spark, remaining, opened, in_part, lookups)
    if lookups:
        register_upstreams(spark, upstreams)
    for one in opened:
        register_views(one)
    return carried, rebuilds


def report_tables(
    spark: SparkSession,
    written: Sequence[Written],
    carried: Mapping[str, EarlierTable],
    opened: Sequence[Opened],
    folder: str,
) -> dict[str, Any]:
    """Checks the tables that were made. Returns the reports of all tables of the step."""
    views = {name: its for one in opened for name, its in one.books["views"].items()}
    reports = all_at_once(spark, lambda one: report_table(spark, one, views, folder), written)
    made = {one.table["name"]: report for one, report in zip(written, reports)}
    return {
        table["name"]: made.get(table["name"]) or report_carried(table, carried[table["name"]], folder)
        for table in TABLES
    }


def tell_violations(tables: Mapping[str, Any]) -> None:
    """Logs what breaks the contracts. `tables`: their reports."""
    for name, report in tables.items():
        for broken in report["violations"]:
            say("%s: %s %s: %s (%d)" % (name, broken["severity"], broken["check"], broken["detail"], broken["count"]))


def register_tables(spark: SparkSession, written: Sequence[Written], carried: Mapping[str, EarlierTable]) -> None:
    """Registers the tables of this step, for checks of others that refer to them."""
    for one in written:
        read_back(spark, one).createOrReplaceTempView(one.table["name"])
    named = {check["table"] for one in written for check in one.table["checks"] if check["check"] == "references"}
    for table in TABLES:
        if table["name"] in named and table["name"] in carried:
            read_files(spark, carried[table["name"]].files, table).createOrReplaceTempView(table["name"])


def find_inputs(spark: SparkSession, arguments: argparse.Namespace) -> dict[str, list[Input]]:
    """Returns the objects of each source: those in the manifest, or without a manifest all that exist now."""
    if arguments.manifest:
        return manifest_inputs(spark, arguments.manifest)
    return {name: listed_inputs(spark, root) for name, root in arguments.source.items()}


def main(argv: Sequence[str]) -> int:
    """Runs this step, and then the next steps of its application. Returns the exit code."""
    started = time.time()
    own, following = split_arguments(argv)
    arguments = parse_arguments(own)
    end_on_signal()
    try:
        with time_limit(arguments.timeout):
            spark = open_session()
            run(spark, arguments, started)
        if not following:
            spark.stop()
            return 0
        program = load_program(spark, following)
        forget(spark)
    except StepFailure as failure:
        report_failure(failure)
        return 1
    except (Py4JError, PySparkException) as error:
        report_failure(StepFailure("spark", explain(error)))
        return 1
    except Exception as error:
        traceback.print_exc()
        report_failure(program_failure(error))
        return 1
    exit_code: int = program.main(following[1:])
    return exit_code
