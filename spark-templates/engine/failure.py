"""Failures: the program reports one reason, as one line for the driver and one line for people."""

import json
import os
import re
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Callable, Optional

from engine.baked import QUERIES, STEP
from engine.console import write_error, write_own_error
from engine.contracts import Table

# Spark's name for an error, and the sentence after it.
ERROR_CLASS = re.compile(r"\[[A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*\] [^\n]*")
# Spark errors that only say where another error happened.
WRAPPERS = ("[TASK_WRITE_FAILED]", "[FAILED_READ_FILE", "[_LEGACY_ERROR_TEMP")
# Spark errors that have such a name, but are about memory, files or Spark itself.
NOT_ABOUT_QUERIES = ("[UNABLE_TO_ACQUIRE_MEMORY]", "[INTERNAL_ERROR", "[FAILED_RENAME_PATH]")
# How a message of Spark starts when a failed task ended its job.
LOST_TASK = re.compile(r"^Job aborted .*?most recent failure: Lost task [^()]*\(TID \d+\) \([^()]*\): ")
# How Spark refers to a line of a query, when it parses, analyses or runs the query.
SQL_LINE = re.compile(r"\(line (\d+), pos \d+\)|; line (\d+) pos \d+|== SQL ?\(line (\d+), position \d+\) ==")

# The comment before each section of the program: the module, and the line of the module on which the section starts.
SECTION = re.compile(r"# Section (engine/\w+\.py), from line (\d+)$")


class StepFailure(Exception):
    """The reason why the step fails. `kind` is a stable name for the kind of reason."""

    def __init__(
        self,
        kind: str,
        error: str,
        table: Optional[str] = None,
        template: Optional[str] = None,
        line: Optional[int] = None,
    ) -> None:
        super().__init__(error)
        self.kind = kind
        self.error = error
        self.table = table
        self.template = template
        self.line = line


def causes_of(error: BaseException) -> list[str]:
    """Returns the messages of an exception and its causes, outermost first; of a Java exception, Java's messages."""
    java: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return ["%s: %s" % (type(error).__name__, error) if str(error) else type(error).__name__]
    messages: list[str] = []
    while java is not None and len(messages) < 20:
        messages.append(java.getMessage() or java.getClass().getName())
        java = java.getCause()
    return messages


def explain(error: BaseException) -> str:
    """Returns Spark's sentence about what went wrong, without wrappers, SQLSTATE and position."""
    messages = causes_of(error)
    sentences = [
        sentence
        for message in messages
        for sentence in ERROR_CLASS.findall(message)
        if not sentence.startswith(WRAPPERS)
    ]
    sentence = sentences[-1] if sentences else messages[-1].strip().split("\n")[0]
    sentence = LOST_TASK.sub("", sentence)
    return re.sub(r"( SQLSTATE: \w+)?\s*(\(line \d+, pos \d+\)|; line \d+ pos \d+;?)?$", "", sentence)


def query_line(error: BaseException) -> Optional[int]:
    """Returns the line of the query that Spark blames, or None."""
    found = [match for message in causes_of(error) for match in SQL_LINE.finditer(message)]
    return int(next(filter(None, found[-1].groups()))) if found else None


def query_failure(error: BaseException, table: Table) -> StepFailure:
    """Describes a failed query, with its line in the template."""
    template, first_line, _ = QUERIES[table["name"]]
    line = query_line(error)
    return StepFailure("query", explain(error), table["name"], template, line and line + first_line - 1)


def write_failure(error: BaseException, table: Table) -> StepFailure:
    """Describes why a table could not be written: its query failed, or for example the disk is full."""
    sentence = explain(error)
    named = ERROR_CLASS.match(sentence) and not sentence.startswith(NOT_ABOUT_QUERIES)
    if named or query_line(error):
        return query_failure(error, table)
    return StepFailure("spark", "writing %s: %s" % (table["name"], sentence), table["name"])


def program_failure(error: BaseException) -> StepFailure:
    """Describes a bug in this program, with its line in the engine's module."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == __file__ and frame.lineno is not None]
    with open(__file__, encoding="utf-8") as program:
        above = program.read().splitlines()[: lines[-1] - 1] if lines else []
    for distance, line in enumerate(reversed(above), 1):
        section = SECTION.match(line)
        if section:
            path, first_line = section.groups()
            return StepFailure("program", explain(error), template=path, line=int(first_line) + distance - 1)
    return StepFailure("program", explain(error))


def report_failure(failure: StepFailure, write: Optional[Callable[[str], None]] = None) -> None:
    """Writes the failure to stderr: a line for the driver, then a line for people."""
    facts = {
        "step": STEP,
        "table": failure.table,
        "template": failure.template,
        "line": failure.line,
        "error": failure.error,
        "kind": failure.kind,
    }
    place = failure.template and failure.template + (":%d" % failure.line if failure.line else "")
    human = ": ".join(filter(None, ["landfall", STEP, place, failure.error]))
    (write or write_error)("\nLANDFALL-FAILURE %s\n%s" % (json.dumps(facts, ensure_ascii=False), human))


def end_on_signal() -> None:
    """Makes SIGTERM end the program at once. EMR sends this signal to cancel a step; Spark's JVM ends too."""

    def end(number: int, _frame: Optional[FrameType]) -> None:
        # The JVM cannot write: it is ending, or busy with another call.
        report_failure(StepFailure("cancelled", "the step was terminated by signal %d" % number), write_own_error)
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, end)


@contextmanager
def time_limit(seconds: Optional[float]) -> Iterator[None]:
    """Ends the program if the block takes longer than this. None or 0 is no limit.

    EMR's idle timeout does not end a step that hangs.
    """
    if not seconds:
        yield
        return

    def end() -> None:
        report_failure(StepFailure("timeout", "the step took longer than its timeout of %g seconds" % seconds))
        os._exit(1)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
