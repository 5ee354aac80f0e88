"""Finds lines that are too long to read.

Hadoop skips such a line, so bytes are missing. If the line crosses the end of its split, Hadoop returns the start of
the line, which is itself too long.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from engine.contracts import Input, Source
from engine.inputs import LINE_LIMIT, LONGEST_LINE, is_whole, long_line_failure
from engine.storage import hadoop_configuration, hadoop_path, jvm, literal_glob

# The highest compression ratio of gzip.
MOST_EXPANSION = 1032
# Objects checked at the same time.
AT_ONCE = 16
# The first bytes of a gzip member.
MEMBER = b"\x1f\x8b\x08"
# The limit of the search, in bytes. A larger file is decompressed instead.
SEARCHED = 1 << 30


def refuse_long_lines(spark: SparkSession, source: Source, read: Sequence[tuple[Input, int, int, int]]) -> None:
    """Fails if an object contains a line that is too long, and names all such objects.

    `read`: each object, the number of its lines, their bytes, and the bytes of the longest line.
    """
    uris = [entry.uri for entry, _, _, longest in read if longest > LONGEST_LINE]
    suspects = [one[:3] for one in read if one[3] <= LONGEST_LINE and may_lack(*one[:3])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lacking = list(pool.map(lambda one: lacks_line(spark, *one), suspects))
    uris += [entry.uri for (entry, _, _), lacks in zip(suspects, lacking) if lacks]
    if uris:
        raise long_line_failure(source, uris)


def may_lack(entry: Input, lines: int, content: int) -> bool:
    """Whether the object is large enough to contain another line that is too long."""
    most = entry.size * MOST_EXPANSION if entry.uri.endswith(".gz") else entry.size
    return most - content - lines > LONGEST_LINE


def lacks_line(spark: SparkSession, entry: Input, lines: int, content: int) -> bool:
    """Whether Hadoop skipped a line that is too long."""
    size = entry.size
    if entry.uri.endswith(".gz"):
        # The last four bytes of a gzip with one member are its decompressed size, modulo 4 GiB.
        told = int.from_bytes(last_bytes(spark, entry, 4), "little")
        size = content + (told - content) % (1 << 32)
        if not is_whole(size, lines, content) or may_have_members(spark, entry):
            size = decompressed_size(spark, entry.uri)
    if not is_whole(size, lines, content):
        return True
    # If lines end in CR LF, the line ends of many lines together may have as many bytes as a long line.
    return size - content - lines > LONGEST_LINE and not ends_are_line_feeds(spark, entry.uri, size)


def ends_are_line_feeds(spark: SparkSession, uri: str, size: int) -> bool:
    """Whether all lines of the object end in a line feed, and none of them is too long, a CR before it included."""
    text = spark.read.option("lineSep", "\n").option(LINE_LIMIT, str(LONGEST_LINE + 4)).text(literal_glob(uri))
    weight = F.octet_length("value")
    [(lines, content, longest)] = text.agg(F.count(F.lit(1)), F.sum(weight), F.max(weight)).collect()
    return size - content <= lines + 3 and longest <= LONGEST_LINE + 1


def last_bytes(spark: SparkSession, entry: Input, count: int) -> bytes:
    path, files = hadoop_path(spark, entry.uri)
    stream = files.open(path)
    try:
        stream.seek(max(0, entry.size - count))
        return bytes(stream.readAllBytes())
    finally:
        stream.close()


def may_have_members(spark: SparkSession, entry: Input) -> bool:
    """Whether a gzip may have several members. If so, its last four bytes are the size of the last member only.

    Searches for the first bytes of a member, which is much faster than decompressing. They rarely occur by chance.
    """
    path, files = hadoop_path(spark, entry.uri)
    stream = files.open(path)
    try:
        stream.seek(1)
        java = jvm(spark)
        reader = java.org.apache.hadoop.util.LineReader(stream, 65536, MEMBER)
        # Counts the bytes before the next member, without keeping them.
        passed = reader.readLine(java.org.apache.hadoop.io.Text(), 0, SEARCHED)
        return passed < entry.size - 1
    finally:
        stream.close()


def decompressed_size(spark: SparkSession, uri: str) -> int:
    path, files = hadoop_path(spark, uri)
    java = jvm(spark)
    codec = java.org.apache.hadoop.io.compress.CompressionCodecFactory(hadoop_configuration(spark))
    nowhere = java.java.io.OutputStream.nullOutputStream()
    counter = java.org.apache.commons.io.output.CountingOutputStream(nowhere)
    stream = codec.getCodec(path).createInputStream(files.open(path))
    java.org.apache.hadoop.io.IOUtils.copyBytes(stream, counter, 65536, True)
    return counter.getByteCount()
