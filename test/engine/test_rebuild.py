"""How each table is made."""

import unittest
from unittest import mock

from engine.base import EarlierTable
from engine.contracts import DataFile
from engine.partitions import PartialRebuild
from engine.rebuild import MOST_WRITERS_OF_TABLE, plan_rebuild

TABLE = {"name": "cats"}


def files_of_writers(count):
    return [DataFile("/lake/delta/cats/r%d.local-1-ff" % n, name, 1) for n in range(count) for name in ("a", "b")]


@mock.patch("engine.rebuild.say")
class Rebuilds(unittest.TestCase):
    def plan(self, kept, affected=("p",)):
        """What is made if these files stay."""
        with mock.patch("engine.rebuild.partial_rebuild", return_value=PartialRebuild(affected, kept)):
            return plan_rebuild(None, TABLE, EarlierTable(kept, {}), affected).part

    def test_are_whole_once_files_of_too_many_executions_would_remain(self, say):
        few, many = files_of_writers(MOST_WRITERS_OF_TABLE - 1), files_of_writers(MOST_WRITERS_OF_TABLE)
        self.assertEqual(self.plan(few).kept, few)
        say.assert_not_called()
        self.assertIsNone(self.plan(many))
        self.assertIn("cats: made whole", say.call_args[0][0])

    def test_write_nothing_if_no_partition_is_affected(self, _):
        many = files_of_writers(MOST_WRITERS_OF_TABLE + 1)
        self.assertEqual(self.plan(many, affected=()), PartialRebuild((), many))

    def test_are_whole_without_an_earlier_table_or_if_the_affected_partitions_are_unknown(self, _):
        self.assertIsNone(plan_rebuild(None, TABLE, None, None).part)
        self.assertIsNone(plan_rebuild(None, TABLE, EarlierTable([], {}), None).part)


if __name__ == "__main__":
    unittest.main()
