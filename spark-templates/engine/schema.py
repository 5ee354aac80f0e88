"""Spark schemas of contracts."""

from collections.abc import Sequence
from functools import reduce
from typing import Optional

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import DataFile, ReadTable, Scalar
from engine.references import by_folder
from engine.storage import literal_glob

SIMPLE_TYPES: dict[str, T.DataType] = {
    "STRING": T.StringType(),
    "INT": T.IntegerType(),
    "BIGINT": T.LongType(),
    "DOUBLE": T.DoubleType(),
    "BOOLEAN": T.BooleanType(),
    "DATE": T.DateType(),
    "TIMESTAMP": T.TimestampType(),
}


def schema_of(table: ReadTable) -> T.StructType:
    return T.StructType([T.StructField(column["name"], spark_type(column["type"])) for column in table["columns"]])


def spark_type(name: str) -> T.DataType:
    """Returns the type that a contract writes as INT, DECIMAL(12,2) or ARRAY<STRING>."""
    element = element_of(name)
    if element is not None:
        return T.ArrayType(spark_type(element))
    digits = digits_of(name)
    return T.DecimalType(*digits) if digits is not None else SIMPLE_TYPES[name]


def element_of(name: str) -> Optional[str]:
    """Returns the type of the elements of an ARRAY, or None for another type."""
    return name[len("ARRAY<") : -1] if name.startswith("ARRAY<") else None


def digits_of(name: str) -> Optional[tuple[int, int]]:
    """Returns the precision and scale of a DECIMAL, or None for another type."""
    if not name.startswith("DECIMAL("):
        return None
    precision, scale = name[len("DECIMAL(") : -1].split(",")
    return int(precision), int(scale)


def constant(value: Scalar, name: str) -> Column:
    """Returns a contract's value as a column, to compare with one of this type. A DECIMAL is exact only as text."""
    if digits_of(name) is not None or isinstance(value, str):
        return F.lit(str(value)).cast(spark_type(name))
    return F.lit(value)


def same_type(one: T.DataType, other: T.DataType) -> bool:
    """Whether two types are equal. Ignores whether elements of arrays can be null: contracts do not say that."""
    if isinstance(one, T.ArrayType) and isinstance(other, T.ArrayType):
        return same_type(one.elementType, other.elementType)
    return one == other


def read_table(spark: SparkSession, uri: str, table: ReadTable) -> DataFrame:
    """Reads a written table. Without its schema, Spark would guess the types of partition columns from their values."""
    return selected(spark.read.schema(schema_of(table)).parquet(literal_glob(uri)), table)


def read_files(spark: SparkSession, files: Sequence[DataFile], table: ReadTable) -> DataFrame:
    """Reads these files of a written table and no other, whatever lies beside them."""
    reader = spark.read.schema(schema_of(table))
    # Spark reads partition columns only from the paths of one folder at a time.
    frames = [
        reader.option("basePath", folder).parquet(*literal_paths(its)) for folder, its in by_folder(files).items()
    ]
    return selected(reduce(DataFrame.union, frames), table)


def literal_paths(files: Sequence[DataFile]) -> list[str]:
    """Returns the paths of files, escaped so that Spark takes none of them for a pattern."""
    return [literal_glob("%s/%s" % (file.folder, file.name)) for file in files]


def selected(frame: DataFrame, table: ReadTable) -> DataFrame:
    """Orders the columns as the contract does: Spark puts partition columns last."""
    return frame.select(*[column["name"] for column in table["columns"]])
