"""How tables are written."""

import threading
import unittest
from unittest import mock

from py4j.protocol import Py4JError
from pyspark.sql import types as T

from engine.failure import StepFailure
from engine.tables import conforming, ordering, rows_observed

COLUMNS = [{"name": "id", "type": "BIGINT"}, {"name": "year", "type": "INT"}]
TABLE = {"name": "songs", "columns": COLUMNS, "partition_by": ["year"], "sort_by": ["id", "year"]}


QUERIES = {"songs": ("tables/songs.sql.hbs", 21, "\nSELECT")}
COLUMN_LINES = {"songs": {"id": 5, "year": 6, "words": 7, "price": 8}}


def frame(*fields):
    return mock.Mock(schema=T.StructType([T.StructField(name, kind) for name, kind in fields]))


@mock.patch.multiple("engine.tables", QUERIES=QUERIES, COLUMN_LINES=COLUMN_LINES)
class Tables(unittest.TestCase):
    def test_are_sorted_by_partition_columns_first_and_once(self):
        self.assertEqual(ordering(TABLE), ["year", "id"])
        self.assertEqual(ordering({**TABLE, "partition_by": []}), ["id", "year"])

    def test_have_the_columns_of_the_contract_in_its_order(self):
        found = frame(("year", T.IntegerType()), ("id", T.LongType()))
        self.assertIs(conforming(found, TABLE), found.select.return_value)
        found.select.assert_called_once_with("id", "year")

    def test_may_have_arrays_that_contain_null_or_not(self):
        for contains_null in (True, False):
            found = frame(("words", T.ArrayType(T.StringType(), contains_null)), ("price", T.DecimalType(12, 2)))
            columns = [{"name": "words", "type": "ARRAY<STRING>"}, {"name": "price", "type": "DECIMAL(12,2)"}]
            self.assertIs(conforming(found, {**TABLE, "columns": columns}), found.select.return_value)
            with self.assertRaises(StepFailure) as failed:
                conforming(found, {**TABLE, "columns": [{**one, "type": "DECIMAL(12,3)"} for one in columns]})
            complaints = failed.exception.error.partition(": ")[2]
            self.assertEqual(
                complaints,
                "words is ARRAY<STRING>, not DECIMAL(12,3); price is DECIMAL(12,2), not DECIMAL(12,3)",
            )

    def test_are_refused_with_every_column_that_breaks_the_contract(self):
        found = frame(("x", T.LongType()), ("x", T.LongType()), ("year", T.StringType()))
        with self.assertRaises(StepFailure) as failed:
            conforming(found, TABLE)
        self.assertEqual(failed.exception.kind, "contract")
        complaints = failed.exception.error.partition(": ")[2].split("; ")
        self.assertEqual(
            complaints,
            [
                "the query returns x twice",
                "the query does not return id",
                "x is not in the contract",
                "year is STRING, not INT",
            ],
        )

    def refusal(self, *names):
        with self.assertRaises(StepFailure) as failed:
            conforming(frame(*[(name, T.LongType() if name == "id" else T.IntegerType()) for name in names]), TABLE)
        failure = failed.exception
        return failure.error.partition(": ")[2], failure.template, failure.line

    def test_are_refused_on_the_line_of_the_column_with_the_nearest_name(self):
        place = "tables/songs.sql.hbs"
        message = "the query does not return year; yaer is not in the contract (did you mean year?)"
        self.assertEqual(self.refusal("id", "yaer"), (message, place, 6))
        self.assertEqual(self.refusal("id"), ("the query does not return year", place, 6))
        message = "the query does not return id; the query does not return year; other is not in the contract"
        self.assertEqual(self.refusal("other"), (message, place, 5))

    def test_are_refused_on_the_first_line_of_the_query_if_the_contract_lacks_a_column(self):
        self.assertEqual(
            self.refusal("id", "year", "yeah"), ("yeah is not in the contract", "tables/songs.sql.hbs", 21)
        )

    def test_have_the_number_of_rows_that_spark_observed(self):
        self.assertEqual(rows_observed(mock.Mock(get={"rows": 3})), 3)

    def test_have_no_observed_number_of_rows_if_spark_lost_it(self):
        stopped = threading.Event()
        self.addCleanup(stopped.set)

        def wait(*_):
            stopped.wait()
            raise Py4JError("Spark has stopped")

        observed = mock.Mock()
        type(observed).get = mock.PropertyMock(side_effect=wait)
        with mock.patch("engine.tables.OBSERVED_SECONDS", 0.01):
            self.assertIsNone(rows_observed(observed))


if __name__ == "__main__":
    unittest.main()
