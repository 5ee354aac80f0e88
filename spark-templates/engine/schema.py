"""Contracts as schemas of Spark."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from engine.contracts import ReadTable
from engine.storage import literal_glob

COLUMN_TYPES: dict[str, T.DataType] = {
    "BIGINT": T.LongType(),
    "INT": T.IntegerType(),
    "DOUBLE": T.DoubleType(),
    "STRING": T.StringType(),
    "TIMESTAMP": T.TimestampType(),
}


def schema_of(table: ReadTable) -> T.StructType:
    return T.StructType([T.StructField(column["name"], COLUMN_TYPES[column["type"]]) for column in table["columns"]])


def read_table(spark: SparkSession, uri: str, table: ReadTable) -> DataFrame:
    """Reads a written table. Without its schema, Spark would guess the types of partition columns from their values."""
    names = [column["name"] for column in table["columns"]]
    return spark.read.schema(schema_of(table)).parquet(literal_glob(uri)).select(*names)
