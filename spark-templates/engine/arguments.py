"""The arguments of the program."""

import argparse
from collections.abc import Sequence

from engine.baked import DOC, SOURCES, STEP, TABLES, UPSTREAMS

USAGE = """spark-submit step.py --output URI %(sources)s%(upstreams)s[more] [--then PROGRAM arguments]

Writes below URI/<application id>-<random>/: tables/, and last report.json. Rejected lines are the table quarantine.
URIs are raw, not percent-encoded: s3://bucket/key with blanks, file:///folder.
--then names the program of the next step, which runs in the same Spark application with the arguments that follow.
"""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Returns the arguments. If they are wrong, prints the usage and exits with status 2."""
    usage = USAGE % {
        "sources": "".join("--source %s=URI " % source["name"] for source in SOURCES),
        "upstreams": "".join("--upstream %s=URI " % step for step in UPSTREAMS),
    }
    parser = argparse.ArgumentParser(usage=usage, description="Step %s: %s" % (STEP, DOC))
    parser.add_argument("--output", required=True, metavar="URI", help="folder below which to write")
    parser.add_argument("--source", action="append", default=[], metavar="NAME=URI", help="root of a raw input")
    parser.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="STEP=URI",
        help="where an earlier step wrote: the folder of its report.json, or the folder above",
    )
    parser.add_argument(
        "--manifest", metavar="URI", help="gzipped JSON lines, one per input object; default: list the sources"
    )
    parser.add_argument(
        "--base", metavar="URI", help="where the step wrote before; unchanged objects are not parsed again"
    )
    parser.add_argument(
        "--carry-over",
        action="append",
        default=[],
        metavar="TABLE",
        help="a table whose files of --base are used again, because nothing that it depends on changed",
    )
    parser.add_argument(
        "--partitions",
        action="append",
        default=[],
        metavar="TABLE",
        help="a table of which only partitions are made again, because only input objects changed since --base",
    )
    parser.add_argument("--digest", metavar="SHA-256", help="of this program, for the one that starts it by --then")
    parser.add_argument("--token", metavar="TEXT", help="name of this attempt, for the report; default: by-hand")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="end the step after this time")
    arguments = parser.parse_args(argv)
    arguments.source = named(parser, "--source", arguments.source, [source["name"] for source in SOURCES])
    arguments.upstream = named(parser, "--upstream", arguments.upstream, list(UPSTREAMS))
    check_tables(parser, arguments)
    if arguments.token is None and "_landfall" in arguments.output.split("/"):
        parser.error("--output is inside a _landfall folder, which belongs to runs: choose another folder")
    return arguments


def named(parser: argparse.ArgumentParser, flag: str, values: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Returns the URIs of `NAME=URI` arguments by name. Each of `names` must occur exactly once, and no others."""
    pairs = dict(value.partition("=")[::2] for value in values)
    for name in names:
        if not pairs.get(name):
            parser.error("%s %s=URI is missing" % (flag, name))
    for name in pairs:
        if name not in names:
            parser.error("%s %s: this step knows only %s" % (flag, name, ", ".join(names) or "none"))
    if len(values) != len(pairs):
        parser.error("%s: a name is given twice" % flag)
    return {name: uri.rstrip("/") or uri for name, uri in pairs.items()}


def check_tables(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Ends the program if a table cannot be carried over, or cannot be made again in part."""
    given = [*arguments.carry_over, *arguments.partitions]
    rebuilt = {table["name"]: table["rebuild_by"] for table in TABLES}
    if given and not arguments.base:
        parser.error("--carry-over and --partitions need --base")
    for name in given:
        if name not in rebuilt:
            parser.error("%s: this step writes only %s" % (name, ", ".join(rebuilt)))
        if given.count(name) > 1:
            parser.error("%s: a table is given twice" % name)
    for name in arguments.partitions:
        if not rebuilt[name]:
            parser.error("--partitions %s: its contract does not say by which columns to rebuild it" % name)
