"""What the program prints."""

import sys
from typing import Any

from pyspark import SparkContext


def say(text: str) -> None:
    # One write: `print` writes the line end separately, and another thread may write between the two.
    sys.stdout.write("landfall: %s\n" % text)
    sys.stdout.flush()


def write_error(text: str) -> None:
    """Writes to the JVM's stderr. spark-submit sends the stderr of a Python program to its stdout."""
    sys.stdout.flush()
    java: Any = SparkContext._jvm
    try:
        java.java.lang.System.err.println(text)
    except Exception:
        write_own_error(text)


def write_own_error(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
