"""Types as contracts write them."""

import unittest

from pyspark.sql import types as T

from engine.conversion import literal
from engine.exact import beginnings, dotted
from engine.schema import digits_of, element_of, same_type, spark_type


class Types(unittest.TestCase):
    def test_are_those_of_spark(self):
        self.assertEqual(spark_type("BIGINT"), T.LongType())
        self.assertEqual(spark_type("DECIMAL(38,0)"), T.DecimalType(38, 0))
        self.assertEqual(spark_type("ARRAY<DECIMAL(5,2)>"), T.ArrayType(T.DecimalType(5, 2)))
        self.assertEqual([element_of(name) for name in ("ARRAY<DATE>", "DATE")], ["DATE", None])
        self.assertEqual([digits_of(name) for name in ("DECIMAL(5,2)", "INT")], [(5, 2), None])

    def test_are_equal_whether_or_not_an_array_can_contain_null(self):
        strings = T.ArrayType(T.StringType())
        self.assertTrue(same_type(strings, T.ArrayType(T.StringType(), False)))
        self.assertFalse(same_type(strings, T.ArrayType(T.LongType())))
        self.assertFalse(same_type(strings, T.StringType()))
        self.assertFalse(same_type(T.DecimalType(5, 2), T.DecimalType(5, 3)))


class Paths(unittest.TestCase):
    def test_lead_from_the_outermost_key_to_the_innermost(self):
        self.assertEqual(beginnings(["a", "b.c", "d"]), [("a",), ("a", "b.c"), ("a", "b.c", "d")])
        self.assertEqual(dotted(["a", "b"]), "a.b")


class Literals(unittest.TestCase):
    def test_escape_what_spark_would_unescape(self):
        self.assertEqual(literal("it's a \\ and"), "'it\\'s a \\\\ and'")


if __name__ == "__main__":
    unittest.main()
