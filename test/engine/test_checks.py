"""Checks of a table's size and key."""

import unittest
from unittest import mock

from py4j.protocol import Py4JError

from engine.checks import count_together, matched_checks, size_limits, size_violations, unique_checks, wanted
from engine.failure import StepFailure

ROW_COUNT = {"check": "row_count", "severity": "warn"}


def table(*checks, may_be_empty=False):
    return {"name": "plays", "key": ["id", "at"], "checks": list(checks), "may_be_empty": may_be_empty}


def details(contract, rows, kept=3):
    found = size_violations(size_limits(contract, {"raw": {"lines": {"kept": kept}}}), rows)
    return [(one["check"], one["severity"], one["detail"], one["count"]) for one in found]


class Checks(unittest.TestCase):
    def test_say_the_limit_that_is_broken(self):
        self.assertEqual(wanted(2, 3, 3), "exactly 3")
        self.assertEqual(wanted(2, 3, 5), "at least 3")
        self.assertEqual(wanted(6, 3, 5), "at most 5")
        self.assertEqual(wanted(6, None, 5), "at most 5")

    def test_refuse_an_empty_table_unless_it_may_be(self):
        sentence = "the table has 0 rows, but must have at least 1"
        self.assertEqual(details(table(), 0), [("not_empty", "error", sentence, 0)])
        self.assertEqual(details(table(may_be_empty=True), 0), [])
        self.assertEqual(details(table(), 1), [])

    def test_compare_rows_with_limits_that_are_included(self):
        limited = table({**ROW_COUNT, "min": 2, "max": 3})
        self.assertEqual([details(limited, rows) for rows in (2, 3)], [[], []])
        below, above = details(limited, 1), details(limited, 4)
        self.assertEqual(below, [("row_count", "warn", "the table has 1 rows, but must have at least 2", 1)])
        self.assertEqual(above, [("row_count", "warn", "the table has 4 rows, but must have at most 3", 4)])

    def test_compare_rows_with_the_kept_lines_of_a_view(self):
        equal = table({**ROW_COUNT, "equals": "raw"})
        sentence = "the table has 2 rows, but must have exactly 3, the kept lines of raw"
        self.assertEqual(details(equal, 2), [("row_count", "warn", sentence, 2)])
        self.assertEqual(details(equal, 3), [])

    def test_of_uniqueness_begin_with_the_key(self):
        unique = {"check": "unique", "severity": "warn", "columns": ["name"]}
        matched = {"check": "matched", "severity": "warn", "column": "song"}
        key = {"check": "unique", "severity": "error", "columns": ["id", "at"]}
        self.assertEqual(unique_checks(table(matched, unique)), [key, unique])
        self.assertEqual(matched_checks(table(matched, unique)), [matched])


class Explanation(unittest.TestCase):
    """Of a table whose checks fail all together: what each kind of work on it alone does decides who is blamed."""

    def explained(self, unreadable="", failing=()):
        def count_broken(_frame, check):
            if unreadable or check["name"] in failing:
                raise Py4JError(unreadable or "[DIVIDE_BY_ZERO] Division by zero.")
            return 0

        def read_whole(_frame):
            if unreadable:
                raise Py4JError(unreadable)

        conditions = [{"check": "condition", "name": name, "line": 3} for name in ("first", "second")]
        frame = mock.Mock()
        frame.agg.side_effect = Py4JError(unreadable or "[DIVIDE_BY_ZERO] Division by zero.")
        with (
            mock.patch.multiple("engine.conditions", count_broken=count_broken, read_whole=read_whole),
            mock.patch("engine.conditions.QUERIES", {"plays": ("plays.sql.hbs", 9, "")}),
            self.assertRaises(StepFailure) as raised,
        ):
            count_together(table(*conditions), frame)
        failure = raised.exception
        return failure.kind, failure.error, failure.template, failure.line

    def test_names_the_condition_that_fails_although_the_table_can_be_read(self):
        sentence = "the condition second of plays fails on a row: [DIVIDE_BY_ZERO] Division by zero."
        self.assertEqual(self.explained(failing=["second"]), ("query", sentence, "plays.sql.hbs", 3))

    def test_blames_no_condition_when_the_table_cannot_be_read(self):
        gone = "[PATH_NOT_FOUND] Path does not exist: file:/lake/plays/part-0.parquet."
        self.assertEqual(self.explained(unreadable=gone), ("spark", "checking plays: " + gone, None, None))

    def test_blames_no_condition_when_each_succeeds_alone(self):
        sentence = "checking plays: [DIVIDE_BY_ZERO] Division by zero."
        self.assertEqual(self.explained(), ("spark", sentence, None, None))


if __name__ == "__main__":
    unittest.main()
