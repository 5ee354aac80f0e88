"""Which objects an execution parses, when it builds on an earlier one."""

import unittest
from unittest import mock

from engine.base import Base, EarlierSource
from engine.contracts import DataFile, Input, Kind, ReadObject
from engine.earlier import plan_work

SOURCE = {"name": "raw", "digest": "d", "fields": [], "views": []}
INPUTS = [
    Input("s3://b/same", 30, 5000, "e1"),
    Input("s3://b/other", 30, 5000, "e3"),
    Input("s3://b/new", 9, 5000, "e4"),
]


def known(uri, etag, file=None):
    return ReadObject(uri, 30, etag, 5000, file, 27, None, [])


OBJECTS = [
    known("s3://b/same", "e1", "s3://b/same"),
    known("s3://b/other", "e2", "s3://b/other"),
    known("s3://b/gone%20", "e5", "s3://b/gone%2520"),
    known("s3://b/empty", "e6"),
]
KEPT = EarlierSource([DataFile("s3://lake/delta/raw/r1.local-1-ff", "part-1.parquet", 7)], [], OBJECTS, {})


def base(**changes):
    return Base("s3://lake/base", {"raw": KEPT._replace(**changes)}, {}, {}, True)


@mock.patch("engine.earlier.say")
class Earlier(unittest.TestCase):
    def parses_all(self, earlier):
        work = plan_work(SOURCE, INPUTS, earlier)
        return work.new == INPUTS and work.earlier is None

    def test_gives_the_objects_that_are_unchanged(self, say):
        inputs, new, earlier = plan_work(SOURCE, INPUTS, base())
        self.assertEqual((inputs, new), (INPUTS, INPUTS[1:]))
        self.assertEqual(earlier.unchanged, OBJECTS[:1])
        self.assertEqual(earlier.stale, ["s3://b/other", "s3://b/gone%2520"])
        self.assertEqual((earlier.rows, earlier.refers), (KEPT.rows, True))

    def test_is_not_used_without_a_base(self, say):
        self.assertTrue(self.parses_all(None))
        say.assert_not_called()

    def test_is_not_used_if_the_contract_of_the_source_changed(self, say):
        self.assertTrue(self.parses_all(Base("s3://lake/base", {}, {}, {}, True)))
        self.assertIn("its contract or the engine changed", say.call_args[0][0])

    def test_is_not_used_if_nothing_is_unchanged_or_too_much_is_stale(self, say):
        self.assertTrue(self.parses_all(base(objects=OBJECTS[1:])))
        with mock.patch("engine.earlier.MOST_STALE", 1):
            self.assertTrue(self.parses_all(base()))

    def test_is_not_used_if_it_names_no_file_of_rejected_lines(self, say):
        bad = [OBJECTS[0]._replace(kinds=[Kind("unparsable", None, 1, [])])]
        self.assertFalse(self.parses_all(base(objects=bad, quarantine=KEPT.rows)))
        self.assertTrue(self.parses_all(base(objects=bad)))


if __name__ == "__main__":
    unittest.main()
