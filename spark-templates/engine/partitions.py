"""Partitions of tables, by the values of the columns by which the contract says that a table is rebuilt.

A partition is known by a JSON array of the texts that Spark writes into paths, before it escapes them. A null and an
empty text have the same folder, so they are the same partition.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.contracts import DataFile, Table
from engine.inputs import is_among
from engine.storage import jvm

# What Spark writes into a path for null.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


class PartialRebuild(NamedTuple):
    """The part of a table that is made again."""

    partitions: Sequence[str]
    # The files of all other partitions.
    kept: Sequence[DataFile]


def partition_of(table: Table) -> Column:
    """The partition of a row."""
    texts = [F.col(name).cast("string") for name in table["rebuild_by"]]
    return F.to_json(F.array(*[F.when(text != "", text).otherwise(F.lit(NO_VALUE)) for text in texts]))


def in_partitions(frame: DataFrame, table: Table, partitions: Sequence[str]) -> DataFrame:
    """Returns the rows in these partitions."""
    known = frame.withColumn("_landfall_partition", partition_of(table))
    return known.where(is_among("_landfall_partition", partitions)).drop("_landfall_partition")


def folder_values(spark: SparkSession, partitions: Sequence[str]) -> list[tuple[str, ...]]:
    """Returns the values of partitions as they are in paths."""
    escape = jvm(spark).org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils.escapePathName
    return sorted(tuple(escape(text) for text in json.loads(one)) for one in partitions)


def values_in(file: DataFile, table: Table) -> tuple[str, ...]:
    """Returns the values in the path of a data file. None of them if the table was empty.

    Raises ValueError if they are not those of the partition columns.
    """
    values = dict(folder.partition("=")[::2] for folder in file.name.split("/")[:-1])
    if values and list(values) != table["partition_by"]:
        raise ValueError("%s is not in a partition of %s" % (file.name, table["name"]))
    return tuple(values[name] for name in table["rebuild_by"]) if values else ()


def report_made(spark: SparkSession, part: Optional[PartialRebuild]) -> dict[str, Any]:
    """Says for the report which part of a table is made. None is the whole table."""
    if part is None:
        return {"kind": "whole"}
    return {"kind": "partitions", "partitions": [list(values) for values in folder_values(spark, part.partitions)]}


def partial_rebuild(
    spark: SparkSession, table: Table, files: Sequence[DataFile], partitions: Sequence[str]
) -> PartialRebuild:
    """Returns what is made again of a table that has these files."""
    if not partitions:
        return PartialRebuild([], files)
    affected = set(folder_values(spark, partitions))
    by_values = [(file, values_in(file, table)) for file in files]
    return PartialRebuild(partitions, [file for file, values in by_values if values and values not in affected])
