"""How reports name data files."""

import unittest

from engine.contracts import DataFile
from engine.references import located, located_once, reported

LAKE = "s3://b/lake"
EXECUTION = LAKE + "/_landfall/runs/r-1.x/steps/first/12/application_1_2-0a"
OWN = DataFile(LAKE + "/delta/cats/r-1.x.application_1_2-0a", "a=1/x.parquet", 1)
OTHER = DataFile(LAKE + "/delta/cats/r0.local-3-ff", "y.parquet", 2)
ENTRIES = [{"name": "a=1/x.parquet", "size": 1}, {"name": "y.parquet", "size": 2, "in": "r0.local-3-ff"}]


class References(unittest.TestCase):
    def test_say_which_execution_wrote_a_file_if_it_is_another_one(self):
        self.assertEqual(reported([OWN, OTHER], EXECUTION, "cats"), ENTRIES)
        self.assertEqual([located(entry, EXECUTION, "cats") for entry in ENTRIES], [OWN, OTHER])

    def test_name_an_execution_that_can_exist(self):
        for name in ["r0.local-3", "r0.spark-3-ff", "r0/local-3-ff", ".r0.local-3-ff", "r0.local-3-ff/", "../x", None]:
            with self.subTest(name), self.assertRaises(ValueError):
                located({**ENTRIES[1], "in": name}, EXECUTION, "cats")
        with self.assertRaises(ValueError):
            located(ENTRIES[1], "file:///mine/local-1-ff", "cats")

    def test_name_no_file_twice(self):
        self.assertEqual(located_once([ENTRIES[0], {**ENTRIES[1], "name": "a=1/x.parquet"}], EXECUTION, "cats")[0], OWN)
        with self.assertRaises(ValueError):
            located_once([ENTRIES[1], {**ENTRIES[1], "size": 3}], EXECUTION, "cats")


if __name__ == "__main__":
    unittest.main()
