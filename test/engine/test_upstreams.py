"""Which execution of an earlier step is read."""

import json
import unittest
from unittest import mock

from engine.failure import StepFailure
from engine.upstreams import files_of, find_execution


def report(ended, **others):
    return json.dumps({"version": 4, "step": "first", "endedAt": ended, **others}).encode()


class Upstreams(unittest.TestCase):
    def find(self, reports, folders=("a", "b", "c")):
        """The reports are those of the folders /up/a, /up/b, ... by name; "" names /up itself."""
        files = {("/up/" + name).rstrip("/") + "/report.json": content for name, content in reports.items()}
        with mock.patch.multiple(
            "engine.upstreams",
            folders_below=lambda _spark, _uri: list(folders),
            exists=lambda _spark, uri: uri in files,
            read_bytes=lambda _spark, uri: files[uri],
        ):
            return find_execution(None, "first", "/up")[0]

    def test_are_the_execution_that_ended_first(self):
        self.assertEqual(self.find({"a": report(9), "b": report(5), "c": report(7)}), "/up/b")
        self.assertEqual(self.find({"a": report(5), "b": report(5)}), "/up/a")

    def test_are_the_folder_itself_when_it_has_a_report(self):
        self.assertEqual(self.find({"": report(9), "a": report(5)}), "/up")

    def test_are_none_whose_report_is_cut_or_of_another_kind(self):
        wrong = [report(1)[:-2], b"[]", b"\xff", report(1, version=1), report(1, step="second"), report(None)]
        for content in wrong:
            with self.subTest(content):
                self.assertEqual(self.find({"a": content, "b": report(5)}), "/up/b")
                with self.assertRaises(StepFailure) as failed:
                    self.find({"a": content})
                self.assertEqual(failed.exception.kind, "upstream")

    def test_are_read_by_the_file_names_of_the_report(self):
        other = {"name": "y.parquet", "size": 2, "in": "r0.local-2-0a"}
        tables = {"cats": {"files": [{"name": "a=1/x.parquet", "size": 1}, other]}}
        found = json.loads(report(1, tables=tables))
        files = files_of(found, "/lake/_landfall/runs/r1/steps/first/1/local-1-ff", "cats")
        places = ["/lake/delta/cats/r1.local-1-ff/a=1/x.parquet", "/lake/delta/cats/r0.local-2-0a/y.parquet"]
        self.assertEqual(["%s/%s" % (file.folder, file.name) for file in files], places)

    def test_are_not_read_when_a_name_leaves_the_folder_of_the_table(self):
        names = ["../x", "a/../../x", "/x", "a//x", "./x", ""]
        wrong = [{"files": [{"name": "y", "size": 1}, {"name": name, "size": 1}]} for name in names]
        for table in [*wrong, {"files": []}, {"files": [3]}, {"files": 3}, {}, None]:
            with self.subTest(table), self.assertRaises(StepFailure) as failed:
                files_of(json.loads(report(1, tables={"cats": table})), "/up", "cats")
            self.assertEqual(failed.exception.kind, "upstream")


if __name__ == "__main__":
    unittest.main()
