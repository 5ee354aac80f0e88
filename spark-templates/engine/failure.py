"""Failures: one reason, told in one line for the driver and one for people."""

import json
import os
import re
import signal
import threading
import traceback

from engine.baked import QUERIES, STEP
from engine.console import write_error, write_own_error

# Spark's own name for an error and the sentence after it.
ERROR_CLASS = re.compile(r"\[[A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*\] [^\n]*")
# Errors that only say where another one happened.
WRAPPERS = ("[TASK_WRITE_FAILED]", "[FAILED_READ_FILE", "[_LEGACY_ERROR_TEMP")
# How Spark begins to tell that a task took the whole job with it.
LOST_TASK = re.compile(r"^Job aborted .*?most recent failure: Lost task [^()]*\(TID \d+\) \([^()]*\): ")
# How Spark names a line of a query: when parsing, when analysing, when running.
SQL_LINE = re.compile(r"\(line (\d+), pos \d+\)|; line (\d+) pos \d+|== SQL ?\(line (\d+), position \d+\) ==")

# The line before each section of this program, with the line of its module that it begins with.
SECTION = re.compile(r"# Section (engine/\w+\.py), from line (\d+)$")


class StepFailure(Exception):
    """The one reason for which the step ends; `kind` is its stable name."""

    def __init__(self, kind, error, table=None, template=None, line=None):
        super().__init__(error)
        self.kind = kind
        self.error = error
        self.table = table
        self.template = template
        self.line = line


def causes_of(error):
    """The messages of an exception and of its causes, outermost first; Java's own where Spark raised it."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return ["%s: %s" % (type(error).__name__, error) if str(error) else type(error).__name__]
    messages = []
    while java is not None and len(messages) < 20:
        messages.append(java.getMessage() or java.getClass().getName())
        java = java.getCause()
    return messages


def explain(error):
    """Spark's own sentence for what went wrong, taken out of everything it was wrapped in."""
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


def query_line(error):
    """The line of the query that Spark blames, or None."""
    found = [match for message in causes_of(error) for match in SQL_LINE.finditer(message)]
    return int(next(filter(None, found[-1].groups()))) if found else None


def query_failure(error, table):
    """A failed query, placed in its template."""
    template, first_line, _ = QUERIES[table["name"]]
    line = query_line(error)
    return StepFailure("query", explain(error), table["name"], template, line and line + first_line - 1)


def program_failure(error):
    """A mistake of this program, placed in the section of it that raised the exception."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
    with open(__file__, encoding="utf-8") as program:
        above = program.read().splitlines()[: lines[-1] - 1] if lines else []
    for distance, line in enumerate(reversed(above), 1):
        section = SECTION.match(line)
        if section:
            path, first_line = section.groups()
            return StepFailure("program", explain(error), template=path, line=int(first_line) + distance - 1)
    return StepFailure("program", explain(error))


def tell(failure, write=None):
    """Says on stderr what failed: a line for the driver, then a line for people."""
    template = failure.template or (QUERIES[failure.table][0] if failure.table in QUERIES else None)
    facts = {
        "step": STEP,
        "table": failure.table,
        "template": template,
        "line": failure.line,
        "error": failure.error,
        "kind": failure.kind,
    }
    place = template and template + (":%d" % failure.line if failure.line else "")
    human = ": ".join(filter(None, ["landfall", STEP, place, failure.error]))
    (write or write_error)("\nLANDFALL-FAILURE %s\n%s" % (json.dumps(facts, ensure_ascii=False), human))


def end_on_signal():
    """SIGTERM, which is how a step is cancelled, ends the program at once; Spark's JVM ends with it."""

    def end(number, _frame):
        # The JVM is ending as well, or in the middle of answering.
        tell(StepFailure("cancelled", "the step was told to end (signal %d)" % number), write_own_error)
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, end)


def end_after(seconds):
    """A step that hangs is not idle, so no idle timeout ends it: this does."""

    def end():
        tell(StepFailure("timeout", "the step took longer than its timeout of %g seconds" % seconds))
        os._exit(1)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()
