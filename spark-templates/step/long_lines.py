# Lines that are longer than what is read: Hadoop passes over them, and the bytes that are missing give them away.

# gzip makes no more of a byte than this.
MOST_EXPANSION = 1032
AT_ONCE = 16


def refuse_long_lines(spark, source, read):
    """Fails, naming them, when objects hold a line that was too long to be read. `read`: (object, its lines, their bytes)."""
    suspects = [(entry, lines, content) for entry, lines, content in read if may_lack(entry, lines, content)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lacking = list(pool.map(lambda one: lacks_line(spark, *one), suspects))
    uris = [entry.uri for (entry, _, _), lacks in zip(suspects, lacking) if lacks]
    if uris:
        raise long_line_failure(source, uris)


def may_lack(entry, lines, content):
    """Whether the object is large enough to hold a line that long beside what was read of it."""
    most = entry.size * MOST_EXPANSION if entry.uri.endswith(".gz") else entry.size
    return most - content - lines > LONGEST_LINE


def lacks_line(spark, entry, lines, content):
    """Whether at least one line that is too long was passed over."""
    if not entry.uri.endswith(".gz"):
        return not is_whole(entry.size, lines, content) or not ends_are_line_feeds(spark, entry)
    # Of one that was compressed in one piece, the last four bytes tell the size, but for multiples of 4 GiB.
    told = int.from_bytes(last_bytes(spark, entry, 4), "little")
    if max(0, lines - 1) <= (told - content) % (1 << 32) <= 2 * lines + 3:
        return False
    return not is_whole(decompressed_size(spark, entry.uri), lines, content)


def ends_are_line_feeds(spark, entry):
    """Whether each byte of the object is part of a line or a line feed. Many CR LF weigh as much as a long line."""
    text = spark.read.option("lineSep", "\n").option(LINE_LIMIT, str(LONGEST_LINE + 4)).text(literal_glob(entry.uri))
    lines, content = text.agg(F.count(F.lit(1)), F.sum(F.octet_length("value"))).first()
    return entry.size - content <= lines + 3


def last_bytes(spark, entry, count):
    path, files = hadoop_path(spark, entry.uri)
    stream = files.open(path)
    try:
        stream.seek(max(0, entry.size - count))
        return bytes(stream.readAllBytes())
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
