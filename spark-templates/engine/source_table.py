"""The source table of a source: the parsed lines that at least one view keeps, for this execution and later ones.

It has all lines of the same event, because a later execution may find another line and keep a different one.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import DataFile, Source
from engine.fates import KEPT, of_view
from engine.listing import data_files
from engine.places import table_folder
from engine.schema import literal_paths, spark_type
from engine.session import plans_adaptively


def is_row_of(view: str) -> str:
    """The name of the column that says whether a view keeps a line, before duplicates are removed."""
    return "_in_" + view


def kept_rows(judged: DataFrame, source: Source) -> DataFrame:
    """Returns the rows of the source table: the classified lines that at least one view keeps."""
    kept = {view["name"]: F.coalesce(F.col(of_view(view, "fate")) == KEPT, F.lit(False)) for view in source["views"]}
    return judged.where(reduce(or_, kept.values())).select(
        "_file",
        "_id",
        "_state",
        *[one.alias(is_row_of(name)) for name, one in kept.items()],
        *[field["name"] for field in source["fields"]],
    )


def schema_of_rows(source: Source) -> T.StructType:
    origin = [("_file", T.StringType()), ("_id", T.LongType()), ("_state", T.StringType())]
    views = [(is_row_of(view["name"]), T.BooleanType()) for view in source["views"]]
    fields = [(field["name"], spark_type(field["type"])) for field in source["fields"]]
    return T.StructType([T.StructField(name, kind) for name, kind in [*origin, *views, *fields]])


def write_rows(rows: DataFrame, source: Source, folder: str) -> list[DataFile]:
    """Writes the source table of an execution. Returns its data files."""
    uri = table_folder(folder, source["name"])
    whole = rows if plans_adaptively(rows.sparkSession) else rows.coalesce(1)
    whole.write.parquet(uri, mode="errorifexists")
    return data_files(rows.sparkSession, uri)


def read_rows(spark: SparkSession, source: Source, folder: str, names: Sequence[str]) -> DataFrame:
    """Reads these files of the source table that an execution wrote."""
    paths = literal_paths(table_folder(folder, source["name"]), names)
    return spark.read.schema(schema_of_rows(source)).parquet(*paths)
