"""Which objects an execution parses, when it builds on an earlier one."""

import unittest
from unittest import mock

from engine.contracts import Input, Kind, ReadObject
from engine.earlier import UnusableBase, plan_work
from engine.failure import StepFailure

SOURCE = {"name": "raw", "digest": "d", "fields": [], "views": []}
INPUTS = [
    Input("s3://b/same", 30, 5000, "e1"),
    Input("s3://b/other", 30, 5000, "e3"),
    Input("s3://b/new", 9, 5000, "e4"),
]
REPORT = {
    "sourceTables": {"raw": {"digest": "d", "files": [{"name": "part-1.parquet", "size": 7}]}},
    "objects": {"size": 70},
    "quarantine": {"raw": [{"name": "source=raw/part-2.parquet", "size": 8}]},
}
BASE = "s3://lake/_landfall/runs/r1/steps/one/1/local-1-ff"


def known(uri, etag, file=None):
    return ReadObject(uri, 30, etag, 5000, file, 27, None, [])


OBJECTS = [
    known("s3://b/same", "e1", "s3://b/same"),
    known("s3://b/other", "e2", "s3://b/other"),
    known("s3://b/gone%20", "e5", "s3://b/gone%2520"),
    known("s3://b/empty", "e6"),
]


@mock.patch("engine.earlier.say")
@mock.patch("engine.earlier.earlier_objects", return_value=OBJECTS)
@mock.patch("engine.earlier.check_there")
@mock.patch("engine.earlier.find_execution", return_value=(BASE, REPORT))
class Earlier(unittest.TestCase):
    def parses_all(self):
        work = plan_work(None, SOURCE, INPUTS, BASE)
        return work.new == INPUTS and work.earlier is None

    def test_gives_the_objects_that_are_unchanged(self, find, check, read, say):
        inputs, new, earlier = plan_work(None, SOURCE, INPUTS, BASE)
        self.assertEqual((inputs, new), (INPUTS, INPUTS[1:]))
        self.assertEqual(earlier.unchanged, OBJECTS[:1])
        self.assertEqual(earlier.stale, ["s3://b/other", "s3://b/gone%2520"])
        self.assertEqual((earlier.folder, earlier.rows, earlier.size), (BASE, ["part-1.parquet"], 7))
        self.assertEqual(
            [call.args[1:] for call in check.call_args_list],
            [
                (BASE + "/objects.json.gz", 70),
                ("s3://lake/delta/raw/r1.local-1-ff/part-1.parquet", 7),
                ("s3://lake/delta/quarantine/r1.local-1-ff/source=raw/part-2.parquet", 8),
            ],
        )

    def test_is_not_used_without_a_base(self, find, check, read, say):
        self.assertIsNone(plan_work(None, SOURCE, INPUTS, None).earlier)
        find.assert_not_called()

    def test_is_not_used_if_the_contract_of_the_source_changed(self, find, check, read, say):
        self.assertTrue(plan_work(None, {**SOURCE, "digest": "other"}, INPUTS, BASE).earlier is None)
        self.assertIn("its contract or the engine changed", say.call_args[0][0])

    def test_is_not_used_if_a_file_is_not_as_it_was_written(self, find, check, read, say):
        check.side_effect = UnusableBase("gone")
        self.assertTrue(self.parses_all())

    def test_is_not_used_if_nothing_is_unchanged_or_too_much_is_stale(self, find, check, read, say):
        read.return_value = OBJECTS[1:]
        self.assertTrue(self.parses_all())
        read.return_value = OBJECTS
        with mock.patch("engine.earlier.MOST_STALE", 1):
            self.assertTrue(self.parses_all())

    def test_is_not_used_if_it_names_no_file_of_rejected_lines(self, find, check, read, say):
        bad = [Kind("unparsable", None, 1, [])]
        read.return_value = [OBJECTS[0]._replace(kinds=bad)]
        self.assertFalse(self.parses_all())
        find.return_value = (BASE, {**REPORT, "quarantine": {}})
        self.assertTrue(self.parses_all())

    def test_is_not_used_if_it_cannot_be_read(self, find, check, read, say):
        outside = {"digest": "d", "files": [{"name": "../x", "size": 7}]}
        tables = [outside, {"digest": "d", "files": []}, {"digest": "d"}]
        broken = [{**REPORT, "sourceTables": {"raw": table}} for table in tables]
        for report in [{}, *broken, {**REPORT, "objects": None}]:
            find.return_value = (BASE, report)
            with self.subTest(report):
                self.assertTrue(self.parses_all())
        find.return_value = (BASE, REPORT)
        for error in [EOFError(), KeyError("uri"), ValueError("not JSON")]:
            read.side_effect = error
            with self.subTest(error):
                self.assertTrue(self.parses_all())
        find.side_effect = StepFailure("upstream", "no execution")
        self.assertTrue(self.parses_all())


if __name__ == "__main__":
    unittest.main()
