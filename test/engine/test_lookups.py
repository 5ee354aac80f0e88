"""What changed in the tables in which rows are looked up."""

import json
import unittest
from unittest import mock

from engine.base import Base, UnusableBase
from engine.contracts import DataFile
from engine.failure import StepFailure
from engine.lookups import compare, find_lookups
from engine.upstreams import Upstream

RUNS = "/lake/_landfall/runs/"
BEFORE, NOW = RUNS + "r1/steps/first/1/local-1-aa", RUNS + "r2/steps/first/1/local-2-bb"
BASE = Base(RUNS + "r1/steps/second/1/local-1-ff", {}, {}, {"first": BEFORE}, True)
KEYS = {"name": "keys", "columns": []}
REPORT = {"tables": {"keys": {"files": [{"name": "p.parquet", "size": 3}]}}}


def file(name, writer="r1.local-1-aa"):
    return DataFile("/lake/delta/keys/" + writer, name, 3)


@mock.patch("engine.lookups.UPSTREAMS", {"first": [KEYS, {"name": "other", "columns": []}]})
@mock.patch("engine.lookups.read_files")
class Lookups(unittest.TestCase):
    def find(self, base=BASE, report=REPORT, check=None, names=("keys",)):
        with (
            mock.patch("engine.lookups.complete_report", return_value=report),
            mock.patch("engine.lookups.check_files", side_effect=check),
        ):
            return find_lookups(None, names, base, {"first": Upstream(NOW, json.loads(json.dumps(REPORT)))})

    def test_are_read_as_they_are_and_as_the_base_read_them(self, read):
        self.assertEqual([*self.find()], ["keys"])
        self.assertEqual(read.call_args_list[0].args[1], [file("p.parquet", "r2.local-2-bb"), file("p.parquet")])

    def test_are_none_without_a_base_or_if_none_is_asked_for(self, read):
        self.assertEqual(self.find(base=None), {})
        self.assertEqual(self.find(names=()), {})

    def test_are_unknown_if_their_earlier_rows_cannot_be_read(self, read):
        broken = {"tables": {"keys": {"files": [{"name": "../p.parquet", "size": 3}]}}}
        for report in [None, {"step": "first", "tables": {}}, {**broken, "step": "first"}]:
            with self.subTest(report):
                self.assertEqual(self.find(report=report), {})
        for error in [UnusableBase("gone"), StepFailure("upstream", "none"), OSError()]:
            with self.subTest(error):
                self.assertEqual(self.find(check=error), {})
        for folder in ["/other/_landfall/runs/r1/steps/first/1/local-1-aa", "/mine/local-1-aa", ""]:
            with self.subTest(folder):
                self.assertEqual(self.find(base=BASE._replace(upstreams={"first": folder})), {})
        self.assertEqual(self.find(base=BASE._replace(upstreams={})), {})

    def test_have_not_changed_if_their_files_are_the_same(self, read):
        self.assertIsNone(compare(None, KEYS, [file("a"), file("b")], [file("b"), file("a")]).changed)

    def test_are_compared_without_the_files_that_they_still_have(self, read):
        compare(None, KEYS, [file("a"), file("b")], [file("a"), file("c", "r2.local-2-bb")])
        read_of = [call.args[1] for call in read.call_args_list]
        self.assertEqual(read_of[1:], [[file("b")], [file("c", "r2.local-2-bb")]])
        read.reset_mock()
        lookup = compare(None, KEYS, [file("a"), file("b")], [file("a")])
        self.assertEqual(read.call_args.args[1], [file("b")])
        self.assertIs(lookup.changed, read.return_value)


if __name__ == "__main__":
    unittest.main()
