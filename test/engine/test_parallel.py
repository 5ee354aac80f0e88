"""How independent work is done at the same time."""

import threading
import unittest
from unittest import mock

from engine.parallel import all_at_once


class Work(unittest.TestCase):
    def setUp(self):
        patched = mock.patch("engine.parallel.jvm")
        self.jvm = patched.start()
        self.addCleanup(patched.stop)

    def test_is_done_at_the_same_time_with_results_in_order(self):
        together = threading.Barrier(2, timeout=20)

        def work(item):
            together.wait()
            return item * 2

        self.assertEqual(all_at_once(mock.Mock(), work, [1, 2]), [2, 4])

    def test_fails_with_the_first_item_that_fails(self):
        def work(item):
            if item > 1:
                raise ValueError(item)

        with self.assertRaisesRegex(ValueError, "^2$"):
            all_at_once(mock.Mock(), work, [1, 2, 3])

    def test_is_done_under_the_settings_of_the_session(self):
        spark = mock.Mock()
        all_at_once(spark, str, [1])
        self.jvm.return_value.SparkSession.setActiveSession.assert_called_once_with(spark._jsparkSession)


if __name__ == "__main__":
    unittest.main()
