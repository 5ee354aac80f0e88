"""The source table of a source: the parsed lines that at least one view keeps, for this execution and later ones.

It has all lines of the same event, because a later execution may find another line and keep a different one. Files of
earlier executions stay where they are, unless they have rows of objects that have changed or are gone.
"""

import math
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple, Optional

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from engine.contracts import DataFile, Source
from engine.earlier import Earlier
from engine.fates import KEPT, of_view
from engine.inputs import is_among
from engine.listing import data_files
from engine.places import table_folder
from engine.references import by_folder
from engine.schema import literal_paths, spark_type
from engine.session import JSON_RATIO, MIB, plans_adaptively
from engine.storage import decoded, place

# When files of more executions than this would remain, all rows are written again, as files of one execution.
MOST_WRITERS = 24
# The bytes of lines whose rows fill a file, if files of earlier executions stay.
LINES_PER_FILE = 128 * MIB


class KeptRows(NamedTuple):
    """The files of an earlier source table."""

    # Those of which all rows are used.
    whole: Sequence[DataFile]
    # Those that also have rows of stale objects.
    mixed: Sequence[DataFile]


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


def read_rows(spark: SparkSession, source: Source, files: Sequence[DataFile]) -> DataFrame:
    """Reads these files of a source table."""
    return spark.read.schema(schema_of_rows(source)).parquet(*literal_paths(files))


def find_mixed(spark: SparkSession, source: Source, earlier: Earlier) -> KeptRows:
    """Finds the files of an earlier source table that have rows of stale objects."""
    if not earlier.stale:
        return KeptRows(earlier.rows, [])
    stale = read_rows(spark, source, earlier.rows).where(is_among("_file", earlier.stale))
    found = {place(decoded(row[0])) for row in stale.select("_metadata.file_path").distinct().collect()}
    mixed = [file for file in earlier.rows if place("%s/%s" % (file.folder, file.name)) in found]
    assert len(mixed) == len(found), "Spark names files of %s in another way" % source["name"]
    return KeptRows([file for file in earlier.rows if file not in mixed], mixed)


def has_too_many_writers(files: Sequence[DataFile]) -> bool:
    """Whether so many executions wrote these files that all rows are written again."""
    return len(by_folder(files)) >= MOST_WRITERS


def write_rows(rows: DataFrame, source: Source, folder: str, size: Optional[int]) -> list[DataFile]:
    """Writes rows of the source table of an execution. Returns the data files.

    `size`: the bytes of their lines, to limit the number of files, or None.
    """
    uri = table_folder(folder, source["name"])
    most = None if size is None else max(1, math.ceil(size / LINES_PER_FILE))
    if not plans_adaptively(rows.sparkSession):
        most = 1
    (rows if most is None else rows.coalesce(most)).write.parquet(uri, mode="errorifexists")
    return data_files(rows.sparkSession, uri)


def size_of_lines(files: Sequence[DataFile]) -> int:
    """Returns the bytes of the lines whose rows are in these files, approximately."""
    return JSON_RATIO * sum(file.size for file in files)
