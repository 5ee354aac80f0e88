"""Lines that are longer than what is read. Hadoop passes over such a line, and the bytes that are missing give it away; when it goes on beyond the end of its split, Hadoop returns its beginning instead, which is longer than any line may be."""

from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import functions as F

from engine.inputs import LINE_LIMIT, LONGEST_LINE, is_whole, long_line_failure
from engine.storage import hadoop_path, literal_glob

# gzip makes no more of a byte than this.
MOST_EXPANSION = 1032
AT_ONCE = 16
# What a member of a gzip begins with.
MEMBER = b"\x1f\x8b\x08"
# Of a larger file no more is searched: it is decompressed.
SEARCHED = 1 << 30


def refuse_long_lines(spark, source, read):
    """Fails, naming them, when objects hold a line that is too long. `read`: (object, its lines, their bytes, the
    bytes of the longest)."""
    uris = [entry.uri for entry, _, _, longest in read if longest > LONGEST_LINE]
    suspects = [one[:3] for one in read if one[3] <= LONGEST_LINE and may_lack(*one[:3])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lacking = list(pool.map(lambda one: lacks_line(spark, *one), suspects))
    uris += [entry.uri for (entry, _, _), lacks in zip(suspects, lacking) if lacks]
    if uris:
        raise long_line_failure(source, uris)


def may_lack(entry, lines, content):
    """Whether the object is large enough to hold a line that long beside what was read of it."""
    most = entry.size * MOST_EXPANSION if entry.uri.endswith(".gz") else entry.size
    return most - content - lines > LONGEST_LINE


def lacks_line(spark, entry, lines, content):
    """Whether at least one line that is too long was passed over."""
    size = entry.size
    if entry.uri.endswith(".gz"):
        # Of one that was compressed in one piece, the last four bytes tell the size, but for multiples of 4 GiB.
        told = int.from_bytes(last_bytes(spark, entry, 4), "little")
        size = content + (told - content) % (1 << 32)
        if not is_whole(size, lines, content) or may_have_members(spark, entry):
            size = decompressed_size(spark, entry.uri)
    if not is_whole(size, lines, content):
        return True
    # The ends of so many lines, were each CR LF, weigh as much as a long line.
    return size - content - lines > LONGEST_LINE and not ends_are_line_feeds(spark, entry.uri, size)


def ends_are_line_feeds(spark, uri, size):
    """Whether each byte of the object is part of a line or a line feed, and no line, with its CR, is too long."""
    text = spark.read.option("lineSep", "\n").option(LINE_LIMIT, str(LONGEST_LINE + 4)).text(literal_glob(uri))
    weight = F.octet_length("value")
    lines, content, longest = text.agg(F.count(F.lit(1)), F.sum(weight), F.max(weight)).first()
    return size - content <= lines + 3 and longest <= LONGEST_LINE + 1


def last_bytes(spark, entry, count):
    path, files = hadoop_path(spark, entry.uri)
    stream = files.open(path)
    try:
        stream.seek(max(0, entry.size - count))
        return bytes(stream.readAllBytes())
    finally:
        stream.close()


def may_have_members(spark, entry):
    """Whether a gzip may hold several, of which the last four bytes tell the size of one. Each begins with these bytes,
    which stand by chance in one of many files; to look for them is quick, compared with decompressing."""
    path, files = hadoop_path(spark, entry.uri)
    stream = files.open(path)
    try:
        stream.seek(1)
        reader = spark._jvm.org.apache.hadoop.util.LineReader(stream, 65536, MEMBER)
        # Of what it passes over, it keeps nothing.
        passed = reader.readLine(spark._jvm.org.apache.hadoop.io.Text(), 0, SEARCHED)
        return passed < entry.size - 1
    finally:
        stream.close()


def decompressed_size(spark, uri):
    path, files = hadoop_path(spark, uri)
    codec = spark._jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(spark._jsc.hadoopConfiguration())
    counter = spark._jvm.org.apache.commons.io.output.CountingOutputStream(
        spark._jvm.java.io.OutputStream.nullOutputStream()
    )
    stream = codec.getCodec(path).createInputStream(files.open(path))
    spark._jvm.org.apache.hadoop.io.IOUtils.copyBytes(stream, counter, 65536, True)
    return counter.getByteCount()
