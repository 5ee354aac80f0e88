"""Runs rendered steps one after the other in a single Spark application, because they take longer to start than to run.

Usage: spark-submit batch.py JOBS RESULTS. JOBS is a JSON list, a job being

    {"program": PATH, "arguments": [TEXT, ...], "shufflePartitions": N or null, "moves": [[PATH, PATH], ...],
     "append": PATH, "remove": PATH}

The moves are done first. `append` and `remove` change an input after it was read.
RESULTS is written as a JSON list of the same length: the failure of each job or null; the counts that its books were
made of, by view: [file, fate, reason, field, lines]; how often all lines were parsed, by source; and where a template is
wrong, as [table, file, line], or null.
"""

import importlib.util
import json
import os
import sys
import time


def load(program):
    """The rendered step as a module: its main part does not run when it is imported."""
    specification = importlib.util.spec_from_file_location("step", program)
    step = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(step)
    return step


def watch_books(step, job):
    """Saves the counts by file when they enter the books, which is when all input has been read."""
    counted, objects_parsed, find_losers = {}, step.objects_parsed, step.find_losers

    def fate(row, view):
        if row["_form"] == "object":
            return [row["_in_%s_%s" % (view, part)] for part in ("fate", "reason", "field")]
        return ["blank", None, None] if row["_form"] == "blank" else ["quarantined", row["_form"], None]

    def parsed(spark, source, inputs, counts):
        for view in [view["name"] for view in source["views"]]:
            counted[view] = [[step.decoded(row["_file"]), *fate(row, view), row["lines"]] for row in counts]
        meddle(job)
        return objects_parsed(spark, source, inputs, counts)

    def find(rows, source, view):
        losers = find_losers(rows, source, view)
        for row in [] if losers is None else losers.groupBy("_file").count().collect():
            file = step.decoded(row["_file"])
            its = counted.setdefault(view["name"], [])
            its += [[file, "duplicate", None, None, row[1]], [file, "kept", None, None, -row[1]]]
        return losers

    step.objects_parsed, step.find_losers = parsed, find
    return counted


def meddle(job):
    if "append" in job:
        with open(job["append"], "a", encoding="utf-8") as file:
            file.write("\n")
    if "remove" in job:
        os.remove(job["remove"])


def watch_parsing(step):
    """Counts, by source, how often Spark plans parse all of its lines."""
    parsed, read_fields = {}, step.read_fields

    def counting(lines, source, typed):
        parsed[source["name"]] = parsed.get(source["name"], 0) + 1
        return read_fields(lines, source, typed)

    step.read_fields = counting
    return parsed


def run_as_large(step, partitions):
    """Has queries run as on large data, with so many shuffle partitions."""
    fit_to_data = step.fit_to_data

    def fit(spark, inputs, upstream_size):
        fit_to_data(spark, inputs, upstream_size)
        spark.conf.set("spark.sql.shuffle.partitions", str(partitions))

    step.SMALL_DATA = -1
    step.fit_to_data = fit


def run(job):
    for old, new in job.get("moves", []):
        os.replace(old, new)
    step = load(job["program"])
    counted = watch_books(step, job)
    parsed = watch_parsing(step)
    if job.get("shufflePartitions"):
        run_as_large(step, job["shufflePartitions"])
    spark = step.open_session()
    failure = place = None
    try:
        step.run(spark, step.parse_arguments(job["arguments"]), time.time())
    except step.StepFailure as error:
        failure = {"kind": error.kind, "error": error.error}
        place = [error.table, error.template, error.line]
    spark.catalog.clearCache()
    return {"failure": failure, "place": place, "counted": counted, "parsed": parsed}


def main(jobs, results):
    with open(jobs, encoding="utf-8") as file:
        outcomes = [run(job) for job in json.load(file)]
    with open(results, "w", encoding="utf-8") as file:
        json.dump(outcomes, file)


main(*sys.argv[1:])
