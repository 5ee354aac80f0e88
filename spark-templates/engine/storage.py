"""Files, through Hadoop: local folders and S3 alike. URIs are raw, as people write them."""

import re
from urllib.parse import unquote


def hadoop_path(spark, uri):
    """The Hadoop path of a raw URI, and the file system it lies in."""
    path = spark._jvm.org.apache.hadoop.fs.Path(uri)
    return path, path.getFileSystem(spark._jsc.hadoopConfiguration())


def exists(spark, uri):
    path, files = hadoop_path(spark, uri)
    return files.exists(path)


def read_bytes(spark, uri):
    path, files = hadoop_path(spark, uri)
    stream = files.open(path)
    try:
        return bytes(stream.readAllBytes())
    finally:
        stream.close()


def create_file(spark, uri, content):
    """Writes a new file; fails when there is one."""
    path, files = hadoop_path(spark, uri)
    stream = files.create(path, False)
    try:
        stream.write(bytearray(content))
    finally:
        stream.close()


def folders_below(spark, uri):
    """Names of the folders directly below, sorted; none when there is no such folder."""
    path, files = hadoop_path(spark, uri)
    if not files.exists(path):
        return []
    return sorted(found.getPath().getName() for found in files.listStatus(path) if found.isDirectory())


def files_below(spark, uri):
    """Every file below a folder, at any depth: its raw name from there on, and its size in bytes."""
    path, files = hadoop_path(spark, uri)
    start = len(place(path.toString())) + 1
    found = files.listFiles(path, True)
    names = []
    while found.hasNext():
        status = found.next()
        names.append((place(status.getPath().toString())[start:], status.getLen()))
    return sorted(names)


def literal_glob(uri):
    """Spark takes paths for glob patterns: this one means only itself."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", uri)


def place(uri):
    """What all spellings of a location share: file:/a and file:///a, s3://b/k and s3a://b/k."""
    return re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:", "", uri).lstrip("/")


def decoded(uri):
    """The raw spelling of a URI as Spark reports it. A plus sign is no blank."""
    return unquote(uri)
