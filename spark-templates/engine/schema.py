"""Contracts as Spark's schemas."""

from pyspark.sql import types as T

from engine.storage import literal_glob

COLUMN_TYPES = {
    "BIGINT": T.LongType(),
    "INT": T.IntegerType(),
    "DOUBLE": T.DoubleType(),
    "STRING": T.StringType(),
    "TIMESTAMP": T.TimestampType(),
}


def schema_of(table):
    return T.StructType([T.StructField(column["name"], COLUMN_TYPES[column["type"]]) for column in table["columns"]])


def read_table(spark, uri, table):
    """A written table; the schema is given, so that no partition folder's name is taken for another type."""
    names = [column["name"] for column in table["columns"]]
    return spark.read.schema(schema_of(table)).parquet(literal_glob(uri)).select(*names)
