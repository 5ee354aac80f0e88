"""Access to files through Hadoop, the same for local folders and S3. URIs are raw, not percent-encoded."""

import re
from typing import Any, Optional
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession


def jvm(spark: SparkSession) -> Any:
    """Gives access to Java packages, as in `jvm(spark).java.util.ArrayList`."""
    return spark._jvm


def cached_alone(frame: DataFrame) -> DataFrame:
    """Returns a persisted frame without the plan that computed its rows.

    Spark would analyse, compare and print that plan again for every query, which takes longer than a small query.
    """
    spark = frame.sparkSession
    dataset = jvm(spark)
    for name in frame._jdf.getClass().getName().split("."):
        dataset = getattr(dataset, name)
    plan = frame._jdf.queryExecution().withCachedData()
    return DataFrame(dataset.ofRows(spark._jsparkSession, plan), spark)


def hadoop_configuration(spark: SparkSession) -> Any:
    return spark._jsc.hadoopConfiguration()


def hadoop_path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Returns the Hadoop Path of a raw URI and its FileSystem."""
    path = jvm(spark).org.apache.hadoop.fs.Path(uri)
    return path, path.getFileSystem(hadoop_configuration(spark))


def exists(spark: SparkSession, uri: str) -> bool:
    path, files = hadoop_path(spark, uri)
    return files.exists(path)


def read_bytes(spark: SparkSession, uri: str, most: Optional[int] = None) -> bytes:
    """Returns the content of a file, or its first `most` bytes."""
    path, files = hadoop_path(spark, uri)
    stream = files.open(path)
    try:
        return bytes(stream.readAllBytes() if most is None else stream.readNBytes(most))
    finally:
        stream.close()


def create_file(spark: SparkSession, uri: str, content: bytes) -> None:
    """Writes a new file. Fails if the file exists."""
    path, files = hadoop_path(spark, uri)
    stream = files.create(path, False)
    try:
        stream.write(bytearray(content))
    finally:
        stream.close()


def folders_below(spark: SparkSession, uri: str) -> list[str]:
    """Returns the sorted names of the folders directly below `uri`, or none if `uri` does not exist."""
    path, files = hadoop_path(spark, uri)
    if not files.exists(path):
        return []
    return sorted(found.getPath().getName() for found in files.listStatus(path) if found.isDirectory())


def literal_glob(uri: str) -> str:
    """Escapes a URI: Spark treats paths as glob patterns."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", uri)


def place(uri: str) -> str:
    """Returns the part that all spellings of a location share: file:/a and file:///a, s3://b/k and s3a://b/k."""
    return re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:", "", uri).lstrip("/")


def decoded(uri: str) -> str:
    """Decodes a URI that Spark reports percent-encoded. A plus sign stays a plus sign."""
    return unquote(uri)
