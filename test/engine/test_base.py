"""Whether an execution can build on an earlier one."""

import copy
import unittest
from unittest import mock

from py4j.protocol import Py4JError

from engine.base import UnusableBase, find_base
from engine.contracts import DataFile
from engine.failure import StepFailure

LAKE = "s3://b/a lake"
BASE = LAKE + "/_landfall/runs/r1/steps/one/1/local-1-ff"
OWN = LAKE + "/_landfall/runs/r2/steps/one/1/local-2-0a"
SOURCE = {"name": "raw", "digest": "d", "fields": [], "views": [{"name": "plays"}]}
CATS = {"name": "cats", "partition_by": ["year", "kind"], "rebuild_by": ["kind"]}
REPORT = {
    "sourceTables": {
        "raw": {
            "digest": "d",
            "files": [{"name": "p1.parquet", "size": 7}, {"name": "p0.parquet", "size": 6, "in": "r0.local-0-aa"}],
        }
    },
    "sources": {"raw": {"views": {"plays": {"lines": {"duplicates": 3}}}}},
    "objects": {"size": 70},
    "upstreams": {"first": "/first"},
    "quarantine": {"raw": [{"name": "source=raw/p2.parquet", "size": 8}]},
    "tables": {
        "cats": {
            "files": [
                {"name": "year=1/kind=a/p.parquet", "size": 1},
                {"name": "year=1/kind=b/p.parquet", "size": 2, "in": "r0.x.application_1_2-0b"},
            ],
            "made": {"kind": "partitions", "partitions": [["a"]]},
            "rows": 5,
            "readBack": 5,
            "conflicts": None,
            "checks": 1,
            "violations": [{"check": "range", "severity": "warn", "detail": "d", "count": 1, "sample": ["{}"]}],
            "matched": [{"column": "c", "found": "its c", "rows": 1, "warnBelow": 0.5}],
        }
    },
}
NOTHING = object()


def file(table, writer, name, size):
    return DataFile("%s/delta/%s/%s" % (LAKE, table, writer), name, size)


THERE = [
    file("raw", "r1.local-1-ff", "p1.parquet", 7),
    file("raw", "r0.local-0-aa", "p0.parquet", 6),
    file("quarantine", "r1.local-1-ff", "source=raw/p2.parquet", 8),
    file("cats", "r1.local-1-ff", "year=1/kind=a/p.parquet", 1),
    file("cats", "r0.x.application_1_2-0b", "year=1/kind=b/p.parquet", 2),
]


def changed(path, value):
    """A report with another value at that path, or without it."""
    report = copy.deepcopy(REPORT)
    *above, last = path
    inner = report
    for key in above:
        inner = inner[key]
    if value is NOTHING:
        del inner[last]
    else:
        inner[last] = value
    return report


@mock.patch.multiple("engine.base", SOURCES=[SOURCE], TABLES=[CATS], UPSTREAMS={"first": []}, say=mock.DEFAULT)
@mock.patch("engine.base.check_there")
@mock.patch("engine.base.earlier_objects", return_value=["the objects"])
class Bases(unittest.TestCase):
    def find(self, report=REPORT, folder=OWN, there=THERE, names=("cats",)):
        listed = mock.Mock(side_effect=lambda _spark, uri: [one for one in there if one.folder == uri])
        with (
            mock.patch("engine.base.find_execution", return_value=(BASE, report)),
            mock.patch("engine.base.data_files", listed),
        ):
            found = find_base(None, BASE, folder, names)
        self.listed = [call.args[1] for call in listed.call_args_list]
        return found

    def test_give_their_files_wherever_they_are(self, *_, **__):
        base = self.find()
        self.assertEqual((base.folder, base.refers, base.upstreams), (BASE, True, {"first": "/first"}))
        raw = base.sources["raw"]
        self.assertEqual([*raw.rows, *raw.quarantine, *base.tables["cats"].files], THERE)
        self.assertEqual((raw.objects, raw.duplicates), (["the objects"], {"plays": 3}))
        its = REPORT["tables"]["cats"]
        rest = {key: value for key, value in its.items() if key not in ("files", "made")}
        self.assertEqual(base.tables["cats"].report, rest)

    def test_list_each_folder_once(self, *_, **__):
        self.find()
        self.assertEqual(sorted(self.listed), sorted({one.folder for one in THERE}))

    def test_give_only_the_tables_that_are_asked_for(self, *_, **__):
        self.assertEqual(self.find(changed(["tables"], {}), names=()).tables, {})

    def test_give_no_tables_to_an_execution_outside_of_their_lake(self, *_, **__):
        for folder in ["s3://b/other/_landfall/runs/r2/steps/one/1/local-2-0a", "file:///mine/local-2-0a"]:
            base = self.find(folder=folder)
            self.assertEqual((base.tables, base.refers), ({}, False))
            self.assertEqual([*base.sources["raw"].rows], THERE[:2])
        self.assertTrue(self.find(folder=OWN.replace("s3:", "s3a:")).refers)

    def test_give_no_sources_whose_contract_or_engine_changed(self, *_, **__):
        base = self.find(changed(["sourceTables", "raw"], {"digest": "other"}))
        self.assertEqual(base.sources, {})
        self.assertEqual([*base.tables], ["cats"])

    def test_are_usable_if_they_read_other_steps(self, *_, **__):
        base = self.find(changed(["upstreams"], {"other": "/other"}))
        self.assertEqual((base.upstreams, [*base.sources], [*base.tables]), ({}, ["raw"], ["cats"]))

    def test_are_usable_however_their_tables_were_made(self, *_, **__):
        for partitions in [[["1", "a"]], []]:
            made = {"kind": "partitions", "partitions": partitions}
            self.assertEqual([*self.find(changed(["tables", "cats", "made"], made)).tables], ["cats"])

    def test_are_unusable_if_a_file_is_not_as_it_was_written(self, *_, **__):
        for index, one in enumerate(THERE):
            others = THERE[:index] + THERE[index + 1 :]
            with self.subTest(one):
                self.assertIsNone(self.find(there=others))
                self.assertIsNone(self.find(there=[*others, one._replace(size=9)]))

    def test_are_unusable_if_their_records_cannot_be_right(self, *_, **__):
        raw, cats = ["sourceTables", "raw", "files"], ["tables", "cats"]
        outside = ["..", "../x.local-1-ff", "r1.local-1-ff/..", "r1", "local-1-ff", "a/b.local-1-ff", "", 3, None]
        violation = [*cats, "violations", 0]
        wrong = [
            *[([*raw, 1, "in"], value) for value in outside],
            *[([*cats, "files", 1, "in"], value) for value in outside],
            *[([*where, 0, "name"], name) for where in (raw, [*cats, "files"]) for name in ("../x", "", 7, NOTHING)],
            *[([*where, 0, "size"], size) for where in (raw, [*cats, "files"]) for size in (-1, True, "7", NOTHING)],
            *[(where, value) for where in (raw, [*cats, "files"]) for value in ([], {}, None, NOTHING)],
            (raw, [REPORT["sourceTables"]["raw"]["files"][0]] * 2),
            *[([*cats, "files", 0, "name"], name) for name in ("year=1/p", "kind=a/year=1/p", "x/kind=a/p")],
            *[([*cats, key], value) for key in ("rows", "readBack", "checks") for value in (-1, None, True, 1.5)],
            ([*cats, "conflicts"], "none"),
            ([*cats, "matched"], NOTHING),
            ([*cats, "matched", 0, "warnBelow"], "0.5"),
            ([*cats, "matched", 0, "found"], None),
            ([*violation, "severity"], "fatal"),
            ([*violation, "sample"], [1]),
            ([*violation, "count"], None),
            (["sources", "raw", "views"], {}),
            (["sources", "raw", "views", "plays", "lines", "duplicates"], -1),
            (["quarantine", "raw", 0, "name"], "source=raw/../x"),
            (["quarantine"], None),
            (["objects"], None),
            *[(["upstreams"], value) for value in (NOTHING, None, [])],
            (["sourceTables"], []),
            (["tables", "cats"], NOTHING),
        ]
        for path, value in wrong:
            with self.subTest((path, value)):
                self.assertIsNone(self.find(changed(path, value)))

    def test_are_unusable_if_they_cannot_be_read(self, read, check, say):
        for error in [EOFError(), KeyError("uri"), ValueError("not JSON")]:
            read.side_effect = error
            with self.subTest(error):
                self.assertIsNone(self.find())
        read.side_effect = None
        check.side_effect = UnusableBase("objects.json.gz is missing")
        self.assertIsNone(self.find())
        check.side_effect = None
        with mock.patch("engine.base.find_execution", side_effect=StepFailure("upstream", "no execution")):
            self.assertIsNone(find_base(None, BASE, OWN, []))
        with (
            mock.patch("engine.base.find_execution", return_value=(BASE, REPORT)),
            mock.patch("engine.base.data_files", side_effect=Py4JError("no folder")),
        ):
            self.assertIsNone(find_base(None, BASE, OWN, []))

    def test_are_none_without_a_uri(self, *_, **__):
        self.assertIsNone(find_base(None, None, OWN, ["cats"]))


if __name__ == "__main__":
    unittest.main()
