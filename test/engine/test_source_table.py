"""Which files of a source table stay where they are."""

import unittest
from unittest import mock

from engine.contracts import DataFile
from engine.source_table import MOST_WRITERS
from engine.sources import source_files

OWN = DataFile("/lake/delta/raw/r99.local-1-ff", "new", 1)


def files_of_writers(count):
    return [DataFile("/lake/delta/raw/r%d.local-1-ff" % n, name, 1) for n in range(count) for name in ("a", "b")]


def opened(stay, rest, refers=True, is_based=True):
    earlier = mock.Mock(refers=refers) if is_based else None
    return mock.Mock(stay=stay, rest=rest, rows="all rows", size=7, source={}, work=mock.Mock(earlier=earlier))


@mock.patch("engine.sources.write_rows", return_value=[OWN])
class SourceTables(unittest.TestCase):
    def test_keep_files_and_write_the_rest(self, write):
        stay = files_of_writers(MOST_WRITERS - 1)
        self.assertEqual(source_files(opened(stay, "rest"), "/e"), [*stay, OWN])
        write.assert_called_once_with("rest", {}, "/e", 7)

    def test_are_written_whole_once_they_would_be_of_too_many_executions(self, write):
        self.assertEqual(source_files(opened(files_of_writers(MOST_WRITERS), "rest"), "/e"), [OWN])
        write.assert_called_once_with("all rows", {}, "/e", None)

    def test_are_not_written_if_no_row_is_new(self, write):
        stay = files_of_writers(MOST_WRITERS)
        self.assertEqual(source_files(opened(stay, None), "/e"), stay)
        write.assert_not_called()

    def test_are_written_whole_without_a_base_or_outside_of_its_lake(self, write):
        for one in [opened([], "rest", is_based=False), opened(files_of_writers(1), None, refers=False)]:
            self.assertEqual(source_files(one, "/e"), [OWN])
        self.assertEqual([call.args[0] for call in write.call_args_list], ["all rows"] * 2)


if __name__ == "__main__":
    unittest.main()
