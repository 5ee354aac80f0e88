"""What the program says."""

import sys

from pyspark import SparkContext


def say(text):
    print("landfall: " + text, flush=True)


def write_error(text):
    """spark-submit joins the program's stderr to its stdout; the JVM's own is the one that is kept apart."""
    sys.stdout.flush()
    try:
        SparkContext._jvm.java.lang.System.err.println(text)
    except Exception:
        write_own_error(text)


def write_own_error(text):
    print(text, file=sys.stderr, flush=True)
