"""Runs further steps in the same Spark application. Each is a program of its own, complete in itself."""

import atexit
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from engine.failure import StepFailure
from engine.storage import exists, read_bytes

THEN = "--then"


def split_arguments(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the arguments of this step, and what follows `--then`: the next program and its arguments."""
    at = list(argv).index(THEN) if THEN in argv else len(argv)
    return list(argv[:at]), list(argv[at + 1 :])


def load_program(spark: SparkSession, uri: str) -> Any:
    """Returns the program of another step as a module. Its main part does not run."""
    if not exists(spark, uri):
        raise StepFailure("program", "the program of the next step does not exist: %s" % uri)
    folder = tempfile.mkdtemp(prefix="landfall-")
    # A failure is explained with the lines of the program, so the file stays to the end.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, os.path.basename(uri))
    with open(path, "wb") as file:
        file.write(read_bytes(spark, uri))
    specification = importlib.util.spec_from_file_location("next_step", path)
    assert specification is not None and specification.loader is not None
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)
    return program


def forget(spark: SparkSession) -> None:
    """Drops what a step keeps in memory, and its views: the next step sees only its own."""
    spark.catalog.clearCache()
    spark._jsparkSession.sessionState().catalog().clearTempTables()
