"""Raw input: the objects to read, and the checks that exactly these were read."""

import gzip
import io
import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Optional

from py4j.protocol import Py4JError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from engine.baked import SOURCES
from engine.contracts import Input, Source
from engine.failure import StepFailure, explain
from engine.listing import objects_below
from engine.session import MIB
from engine.storage import decoded, exists, hadoop_configuration, hadoop_path, jvm, literal_glob, place, read_bytes

INPUT_GLOB = "{*.json,*.json.gz}"
# The longest line that Landfall reads, in bytes. Parsing takes several times as much memory.
LONGEST_LINE = 16 << 20
# The Hadoop setting for the length above which a line is skipped. The length includes a line end of one or two bytes.
LINE_LIMIT = "mapreduce.input.linerecordreader.line.maxlength"
# Hadoop's message about a line of more than 2 GiB.
ENDLESS_LINE = "Too many bytes before newline"
# The longest line of a manifest, in bytes.
LONGEST_ENTRY = 1 << 18
# Maximum number of names in a failure. The others are only counted.
FEW = 5
# Time limit of the search for the object that cannot be read.
SEARCH_SECONDS = 600


def manifest_inputs(spark: SparkSession, uri: str) -> dict[str, list[Input]]:
    """Returns the objects of a manifest, by source."""
    try:
        entries = [json.loads(line) for line in unpacked_lines(read_bytes(spark, uri))]
        return {
            source["name"]: [
                Input(entry["uri"], entry["size"], epoch_millis(entry["last_modified"]), entry["etag"])
                for entry in entries
                if entry["source"] == source["name"]
            ]
            for source in SOURCES
        }
    except (OSError, EOFError, ValueError, KeyError, Py4JError) as error:
        raise StepFailure("input", "the manifest %s cannot be read: %s" % (uri, explain(error))) from error


def unpacked_lines(packed: bytes, longest: int = LONGEST_ENTRY) -> Iterator[bytes]:
    """Yields the lines of a gzipped text one by one: the whole text may be a thousand times as large as `packed`."""
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as text:
        while line := text.readline(longest + 1):
            if len(line) > longest:
                raise ValueError("a line is longer than %d bytes" % longest)
            yield line


def epoch_millis(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.timestamp() * 1000)


def listed_inputs(spark: SparkSession, root: str) -> list[Input]:
    """Lists the objects below a root, or the root itself if it is an object. Used without a manifest, by hand."""
    path, files = hadoop_path(spark, root)
    if not files.exists(path):
        raise StepFailure("input", "there is nothing at %s" % root)
    whole = place(files.makeQualified(path).toString())
    inputs = []
    for found in objects_below(spark, path, files):
        below = place(found.uri)[len(whole) :]
        hidden = any(name.startswith((".", "_")) for name in below.split("/"))
        if not hidden and found.uri.endswith((".json", ".json.gz")):
            inputs.append(Input(*found))
    return inputs


def read_lines(spark: SparkSession, source: Source, root: str, inputs: Sequence[Input]) -> DataFrame:
    """Reads the lines of exactly these objects as text, each with its object's URI. Fails if an object has vanished."""
    if not inputs:
        columns = "_file STRING, _size BIGINT, _modified BIGINT, _start BIGINT, _id BIGINT, _line STRING"
        return spark.createDataFrame([], columns)
    frame = open_text(spark, root)
    found = {place(decoded(file)): file for file in input_files(spark, frame)}
    wanted = {place(entry.uri): entry.uri for entry in inputs}
    vanished = [uri for where, uri in wanted.items() if where not in found]
    if vanished:
        raise vanished_failure(source, vanished)
    lines = frame.select(
        full_uri(F.col("_metadata.file_path")).alias("_file"),
        F.col("_metadata.file_size").alias("_size"),
        F.unix_millis("_metadata.file_modification_time").alias("_modified"),
        F.col("_metadata.file_block_start").alias("_start"),
        F.col("value").alias("_line"),
    )
    strangers = [file for where, file in found.items() if where not in wanted]
    if strangers:
        own = [file for where, file in found.items() if where in wanted]
        # Spark does not open the files that this filter excludes.
        lines = lines.where(is_among("_file", own) if len(own) < len(strangers) else ~is_among("_file", strangers))
    # Increases by one from line to line within a split.
    return lines.select("_file", "_size", "_modified", "_start", F.monotonically_increasing_id().alias("_id"), "_line")


def is_among(name: str, texts: Sequence[str]) -> Column:
    """Whether a column is one of these texts. Uses SQL, because a call for each of many texts takes minutes."""
    quoted = [text.replace("\\", "\\\\").replace("'", "\\'") for text in texts]
    return F.expr("%s IN ('%s')" % (name, "', '".join(quoted))) if quoted else F.lit(False)


def full_uri(path: Column) -> Column:
    """Rewrites file:/folder to file:///folder. Spark uses both spellings."""
    short = path.startswith("file:/") & ~path.startswith("file:///")
    return F.when(short, F.concat(F.lit("file://"), path.substr(6, 1 << 20))).otherwise(path)


def raw_name() -> Column:
    """The raw URI of a row's object."""
    return F.expr("url_decode(replace(_file, '+', '%2B'))")


def open_text(spark: SparkSession, root: str) -> DataFrame:
    """Opens all possible inputs below a root as text. Spark lists them now, and reads them later."""
    text = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", INPUT_GLOB)
    text = text.option(LINE_LIMIT, str(LONGEST_LINE + 3))
    try:
        return text.text(literal_glob(root))
    except Exception as error:
        raise StepFailure("input", "%s cannot be read: %s" % (root, explain(error))) from error


def vanished_failure(source: Source, uris: Sequence[str]) -> StepFailure:
    return StepFailure("input", "%s of %s: no longer there" % (some_of(uris), source["name"]))


def changed_failure(source: Source, uris: Sequence[str]) -> StepFailure:
    return StepFailure("input", "%s of %s: changed since they were listed" % (some_of(uris), source["name"]))


def long_line_failure(source: Source, uris: Sequence[str]) -> StepFailure:
    most = "a line is longer than %s, the most that Landfall reads" % megabytes(LONGEST_LINE)
    return StepFailure("input", "%s of %s: %s" % (some_of(uris), source["name"], most))


def megabytes(size: int) -> str:
    return "%d MiB" % (size // MIB) if size >= MIB else "%d bytes" % size


def has_changed(entry: Input, size: int, modified: int) -> bool:
    """Whether an object has changed since it was listed. Times may differ by a second, because stores round them."""
    return size != entry.size or abs(modified - entry.modified) > 1000


def check_unchanged(spark: SparkSession, source: Source, root: str, inputs: Sequence[Input]) -> None:
    """Lists the objects again. Fails if one has vanished or changed: Spark may have been reading it at that time."""
    if not inputs:
        return
    try:
        here = {place(found.uri): found for found in objects_below(spark, *hadoop_path(spark, root))}
    except Py4JError as error:
        raise StepFailure("input", "%s cannot be listed again: %s" % (root, explain(error))) from error
    absent = [entry for entry in inputs if place(entry.uri) not in here]
    vanished = [entry.uri for entry in absent if not exists(spark, entry.uri)]
    if vanished:
        raise vanished_failure(source, vanished)
    listed = [(entry, here[place(entry.uri)]) for entry in inputs if place(entry.uri) in here]
    changed = [entry.uri for entry, found in listed if has_changed(entry, found.size, found.modified)]
    if absent or changed:
        raise changed_failure(source, [entry.uri for entry in absent] + changed)


def input_files(spark: SparkSession, frame: DataFrame) -> list[str]:
    """Returns the files of a frame, percent-encoded. Fetches them as one text: a million single calls take minutes."""
    joined = jvm(spark).org.apache.hadoop.util.StringUtils.join("\n", frame._jdf.inputFiles())
    return joined.split("\n") if joined else []


def some_of(uris: Sequence[str]) -> str:
    """Counts the objects, and names a few."""
    shown = ", ".join(sorted(uris)[:FEW])
    rest = len(uris) - FEW
    return "%d input object%s (%s%s)" % (
        len(uris),
        "" if len(uris) == 1 else "s",
        shown,
        " and %d more" % rest if rest > 0 else "",
    )


def reading_failure(
    spark: SparkSession, error: BaseException, source: Source, root: str, inputs: Sequence[Input]
) -> StepFailure:
    """Describes why reading failed, and names the object. Spark 3.5 does not name it, so this tries each candidate."""
    present = {place(decoded(file)) for file in input_files(spark, open_text(spark, root))}
    vanished = [entry.uri for entry in inputs if place(entry.uri) not in present]
    if vanished:
        return vanished_failure(source, vanished)
    deadline = time.monotonic() + SEARCH_SECONDS
    if ENDLESS_LINE in explain(error):
        for entry in sorted(inputs, key=lambda one: -one.size):
            if time.monotonic() < deadline and has_endless_line(spark, entry.uri):
                return long_line_failure(source, [entry.uri])
    for entry in inputs:
        if entry.uri.endswith(".gz") and time.monotonic() < deadline:
            reason = broken_gzip(spark, entry.uri)
            if reason:
                return StepFailure("input", "%s cannot be decompressed completely: %s" % (entry.uri, reason))
    return StepFailure("input", "%s in %s cannot be read: %s" % (source["name"], root, explain(error)))


def has_endless_line(spark: SparkSession, uri: str) -> bool:
    """Whether a line is so long that Hadoop cannot even skip it."""
    try:
        spark.read.option(LINE_LIMIT, str(LONGEST_LINE)).text(literal_glob(uri)).count()
    except Exception as error:
        return ENDLESS_LINE in explain(error)
    return False


def broken_gzip(spark: SparkSession, uri: str) -> Optional[str]:
    """Returns why decompressing a file fails, or None if it succeeds."""
    path, files = hadoop_path(spark, uri)
    java = jvm(spark)
    codec = java.org.apache.hadoop.io.compress.CompressionCodecFactory(hadoop_configuration(spark))
    nowhere = java.java.io.OutputStream.nullOutputStream()
    try:
        stream = codec.getCodec(path).createInputStream(files.open(path))
        java.org.apache.hadoop.io.IOUtils.copyBytes(stream, nowhere, 65536, True)
    except Py4JError as error:
        return explain(error)
    return None


def is_whole(size: int, lines: int, content: int) -> bool:
    """Whether lines of `content` bytes can make up an object of `size` bytes.

    A line end has one or two bytes, and may be missing after the last line. A byte order mark has three bytes.
    """
    return max(0, lines - 1) <= size - content <= 2 * lines + 3
