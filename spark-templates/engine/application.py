"""Runs further steps in the same Spark application. Each step is a complete program of its own."""

import atexit
import hashlib
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
DIGEST = "--digest"


def split_arguments(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Splits arguments at the first `--then`: those of this step, and the next program with its arguments."""
    at = list(argv).index(THEN) if THEN in argv else len(argv)
    return list(argv[:at]), list(argv[at + 1 :])


def load_program(spark: SparkSession, following: Sequence[str]) -> Any:
    """Returns the next program as a module. Its main part does not run.

    `following`: what comes after `--then`. If the arguments have a `--digest`, the program must have that SHA-256.
    """
    uri, *arguments = following
    if not exists(spark, uri):
        raise StepFailure("program", "the program of the next step does not exist: %s" % uri)
    content = read_bytes(spark, uri)
    own, _ = split_arguments(arguments)
    planned = own[own.index(DIGEST) + 1] if DIGEST in own[:-1] else None
    if planned is not None and hashlib.sha256(content).hexdigest() != planned:
        raise StepFailure("program", "the program of the next step is not the one that was planned: %s" % uri)
    folder = tempfile.mkdtemp(prefix="landfall-")
    # Failure messages quote lines of the program, so its file stays until this process exits.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, os.path.basename(uri))
    with open(path, "wb") as file:
        file.write(content)
    specification = importlib.util.spec_from_file_location("next_step", path)
    assert specification is not None and specification.loader is not None
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)
    return program


def forget(spark: SparkSession) -> None:
    """Drops the cached data and the views of a step, so that the next step sees only its own."""
    spark.catalog.clearCache()
    spark._jsparkSession.sessionState().catalog().clearTempTables()
