"""How a step is fitted to the size of its data."""

import unittest
from unittest import mock

from engine.contracts import Input
from engine.session import SMALL_DATA, fit_to_data


def settings(sizes, upstream_size=0, name="file:///a.json"):
    spark = mock.Mock()
    spark.sparkContext.defaultParallelism = 2
    with mock.patch("engine.session.say"):
        fit_to_data(spark, [Input(name, size, 0) for size in sizes], upstream_size)
    return {call.args[0].rsplit(".", 1)[-1]: call.args[1] for call in spark.conf.set.call_args_list}


class FittedToData(unittest.TestCase):
    def is_small(self, *arguments, **named):
        found = settings(*arguments, **named)
        if found["factoryMode"] == "NO_CODEGEN":
            self.assertEqual((found["enabled"], found["wholeStage"], found["partitions"]), ("false", "false", "1"))
            return True
        self.assertEqual((found["enabled"], found["wholeStage"], found["factoryMode"]), ("true", "true", "FALLBACK"))
        self.assertGreaterEqual(int(found["partitions"]), 4)
        return False

    def test_small_data_are_small_in_all(self):
        self.assertTrue(self.is_small([]))
        self.assertTrue(self.is_small([1, SMALL_DATA - 1]))
        self.assertFalse(self.is_small([1, SMALL_DATA]))

    def test_tables_of_earlier_steps_count(self):
        self.assertTrue(self.is_small([1], SMALL_DATA - 1))
        self.assertFalse(self.is_small([1], SMALL_DATA))

    def test_gzip_counts_as_what_it_may_contain(self):
        self.assertTrue(self.is_small([SMALL_DATA // 20], name="file:///a.json.gz"))
        self.assertFalse(self.is_small([SMALL_DATA // 2], name="file:///a.json.gz"))

    def test_data_that_may_fill_several_files_are_not_small(self):
        with mock.patch("engine.session.TARGET_FILE_SIZE", 1000):
            self.assertTrue(self.is_small([1000]))
            self.assertFalse(self.is_small([1001]))

    def test_partitions_grow_with_the_input(self):
        self.assertEqual(settings([1 << 30])["partitions"], "16")


if __name__ == "__main__":
    unittest.main()
