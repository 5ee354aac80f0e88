"""Checks of a table's size and key."""

import unittest

from engine.checks import matched_checks, size_violations, unique_checks, wanted

ROW_COUNT = {"check": "row_count", "severity": "warn"}


def table(*checks, may_be_empty=False):
    return {"name": "plays", "key": ["id", "at"], "checks": list(checks), "may_be_empty": may_be_empty}


def details(contract, rows, kept=3):
    found = size_violations(contract, rows, {"raw": {"lines": {"kept": kept}}})
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


if __name__ == "__main__":
    unittest.main()
