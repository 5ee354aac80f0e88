"""How a failure is explained and placed. The messages are those of Spark 3.5."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from engine.failure import (
    StepFailure,
    explain,
    program_failure,
    query_failure,
    query_line,
    report_failure,
    write_failure,
)

PARSING = """
[PARSE_SYNTAX_ERROR] Syntax error at or near 'songs'.(line 1, pos 15)

== SQL ==
SELECT id FORM songs WHERE
---------------^^^
"""
ANALYSING = """[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `titel` cannot be \
resolved. Did you mean one of the following? [`id`].; line 3 pos 2;
'Project [id#0L, 'titel]
+- SubqueryAlias songs
"""
RUNNING = """[CAST_INVALID_INPUT] The value 'x0' of the type "STRING" cannot be cast to "INT" because it is malformed. \
Correct the value as per the syntax, or change its target type.
== SQL(line 4, position 8) ==
select cast(concat('x', id) as int) from range(2)
       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"""
ABORTED = "Job aborted due to stage failure: Task 3 in stage 2.0 failed 4 times, most recent failure: Lost task 3.3 in \
stage 2.0 (TID 20) (ip-10-0-0-12.ec2.internal executor 3): "
KILLED = "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Container killed by YARN \
for exceeding physical memory limits. 5.6 GB of 5.5 GB physical memory used."


class Throwable:
    """An exception of Java."""

    def __init__(self, *messages):
        self.messages = messages

    def getMessage(self):
        return self.messages[0]

    def getCause(self):
        return Throwable(*self.messages[1:]) if len(self.messages) > 1 else None

    def getClass(self):
        return mock.Mock(getName=lambda: "java.lang.OutOfMemoryError")


def raised(*messages):
    """An exception that Java raised: its message and those of its causes."""
    error = Exception("as Python shows it")
    error.java_exception = Throwable(*messages)
    return error


class Explanations(unittest.TestCase):
    def test_are_the_sentence_of_spark_without_its_place(self):
        self.assertEqual(explain(raised(PARSING)), "[PARSE_SYNTAX_ERROR] Syntax error at or near 'songs'.")
        self.assertTrue(explain(raised(ANALYSING)).endswith("Did you mean one of the following? [`id`]."))
        self.assertTrue(explain(raised(ABORTED + RUNNING)).startswith("[CAST_INVALID_INPUT] The value 'x0' of"))

    def test_are_those_of_the_innermost_cause_that_is_not_a_wrapper(self):
        wrapped = raised(
            "[TASK_WRITE_FAILED] Task failed while writing rows to /x.", RUNNING, "a NumberFormatException"
        )
        self.assertTrue(explain(wrapped).startswith("[CAST_INVALID_INPUT]"))
        self.assertIn("[CAST_INVALID_INPUT]", explain(raised("[INTERNAL_ERROR] The query failed.", RUNNING)))
        read = raised(
            ABORTED + "[FAILED_READ_FILE.NO_HINT] Encountered error while reading file x.", "Not a gzip\nat a.b"
        )
        self.assertEqual(explain(read), "Not a gzip")

    def test_say_why_a_task_was_lost_and_not_that_its_job_was(self):
        self.assertEqual(explain(raised(ABORTED + KILLED + "\nDriver stacktrace:")), KILLED)

    def test_name_an_exception_that_has_no_message(self):
        self.assertEqual(explain(raised(None)), "java.lang.OutOfMemoryError")
        self.assertEqual(explain(KeyError()), "KeyError")
        self.assertEqual(explain(KeyError("id")), "KeyError: 'id'")

    def test_end_although_causes_form_a_circle(self):
        circle = mock.Mock(getMessage=lambda: "round")
        circle.getCause = lambda: circle
        error = Exception()
        error.java_exception = circle
        self.assertEqual(explain(error), "round")


class Places(unittest.TestCase):
    def test_are_the_line_of_the_query_that_spark_blames(self):
        lines = [query_line(raised(message)) for message in (PARSING, ANALYSING, ABORTED + RUNNING, KILLED)]
        self.assertEqual(lines, [1, 3, 4, None])
        self.assertEqual(query_line(raised("Job aborted.", RUNNING)), 4)

    @mock.patch("engine.failure.QUERIES", {"songs": ("tables/songs.sql.hbs", 21, "\nSELECT")})
    def test_are_the_line_of_the_template(self):
        failure = query_failure(raised(ANALYSING), {"name": "songs"})
        self.assertEqual([failure.kind, failure.table], ["query", "songs"])
        self.assertEqual([failure.template, failure.line], ["tables/songs.sql.hbs", 23])
        self.assertIsNone(query_failure(raised(KILLED), {"name": "songs"}).line)

    @mock.patch("engine.failure.QUERIES", {"songs": ("tables/songs.sql.hbs", 21, "\nSELECT")})
    def test_blame_the_query_only_for_errors_of_queries(self):
        blamed = write_failure(raised("Job aborted.", RUNNING), {"name": "songs"})
        self.assertEqual([blamed.kind, blamed.line], ["query", 24])
        memory = "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes of memory, got 0."
        for reason in ["No space left on device", ABORTED + KILLED, memory]:
            failure = write_failure(raised("[TASK_WRITE_FAILED] Task failed.", reason), {"name": "songs"})
            sentence = "writing songs: " + reason.replace(ABORTED, "")
            self.assertEqual([failure.kind, failure.error, failure.template], ["spark", sentence, None])

    def fail_in(self, program):
        """Runs a program, and describes its failure as the program itself would."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "step.py"
            path.write_text(program, encoding="utf-8")
            with mock.patch("engine.failure.__file__", str(path)):
                try:
                    exec(compile(program, str(path), "exec"), {})
                except Exception as error:
                    return program_failure(error)
        return self.fail("the program did not fail")

    def test_are_the_line_of_the_module_for_a_bug(self):
        section = "# Section engine/b.py, from line 12\ndef half(x):\n    return x / 0\n\n\n"
        first = "# Section engine/a.py, from line 3\nONE = 1\n\n\n"
        failure = self.fail_in(first + section + "# Section engine/c.py, from line 40\n\nhalf(1)\n")
        self.assertEqual([failure.template, failure.line], ["engine/b.py", 13])
        self.assertEqual([failure.kind, failure.error], ["program", "ZeroDivisionError: division by zero"])
        within_library = self.fail_in(first + "# Section engine/c.py, from line 40\n\nimport json\njson.loads('{')\n")
        self.assertEqual([within_library.template, within_library.line], ["engine/c.py", 42])

    def test_are_unknown_before_the_first_section(self):
        failure = self.fail_in("1 / 0\n# Section engine/a.py, from line 3\n")
        self.assertEqual([failure.template, failure.line], [None, None])


class Reports(unittest.TestCase):
    def test_are_a_line_for_the_driver_and_one_for_people(self):
        written = []
        with mock.patch("engine.failure.STEP", "first"):
            report_failure(
                StepFailure("contract", "id is missing — é", "songs", "tables/songs.sql.hbs", 23), written.append
            )
            report_failure(StepFailure("input", "there is nothing at /in"), written.append)
        _, driver, people = written[0].split("\n")
        facts = json.loads(driver[len("LANDFALL-FAILURE ") :])
        self.assertEqual([facts["kind"], facts["table"], facts["line"]], ["contract", "songs", 23])
        self.assertEqual(people, "landfall: first: tables/songs.sql.hbs:23: id is missing — é")
        self.assertTrue(written[1].endswith("\nlandfall: first: there is nothing at /in"))


if __name__ == "__main__":
    unittest.main()
