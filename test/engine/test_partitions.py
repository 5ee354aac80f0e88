"""Which files of a table stay when some of its partitions are made again."""

import unittest
from unittest import mock

from engine.contracts import DataFile
from engine.partitions import partial_rebuild, report_made, values_in

TABLE = {"name": "cats", "partition_by": ["year", "kind"], "rebuild_by": ["kind", "year"]}


def file(name):
    return DataFile("/lake/delta/cats/r.local-1-a", name, 1)


FILES = [
    file("year=1/kind=a%3A1/p.parquet"),
    file("year=1/kind=a%3A1/q.parquet"),
    file("year=1/kind=b/p.parquet"),
    file("year=__HIVE_DEFAULT_PARTITION__/kind=b/p.parquet"),
]


def escaped(text):
    return text.replace(":", "%3A")


def java(_spark):
    found = mock.Mock()
    found.org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils.escapePathName = escaped
    return found


@mock.patch("engine.partitions.jvm", java)
class Partitions(unittest.TestCase):
    def test_that_are_not_affected_keep_their_files(self):
        part = partial_rebuild(None, TABLE, FILES, ['["a:1","1"]', '["b","2"]'])
        self.assertEqual(part.kept, FILES[2:])
        self.assertEqual(partial_rebuild(None, TABLE, FILES, ['["b","__HIVE_DEFAULT_PARTITION__"]']).kept, FILES[:3])

    def test_are_all_kept_if_none_is_affected_even_of_an_empty_table(self):
        empty = [file("p.parquet")]
        self.assertEqual(partial_rebuild(None, TABLE, empty, []).kept, empty)

    def test_are_without_the_file_of_an_empty_table_once_there_is_one(self):
        self.assertEqual(partial_rebuild(None, TABLE, [file("p.parquet")], ['["b","2"]']).kept, [])

    def test_are_reported_as_in_paths_in_the_order_of_the_contract(self):
        part = partial_rebuild(None, TABLE, FILES, ['["b","2"]', '["a:1","1"]'])
        self.assertEqual(report_made(None, part), {"kind": "partitions", "partitions": [["a%3A1", "1"], ["b", "2"]]})
        self.assertEqual(report_made(None, None), {"kind": "whole"})

    def test_have_the_values_of_their_folders(self):
        self.assertEqual(values_in(FILES[0], TABLE), ("a%3A1", "1"))
        self.assertEqual(values_in(file("p.parquet"), TABLE), ())
        for name in ["year=1/p", "kind=a/year=1/p", "year=1/kind=a/x=1/p", "year=1/a/p"]:
            with self.subTest(name), self.assertRaises(ValueError):
                values_in(file(name), TABLE)


if __name__ == "__main__":
    unittest.main()
