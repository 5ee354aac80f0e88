"""Runs independent work of one Spark session at the same time: planning one query overlaps with running another."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

from pyspark.sql import SparkSession

from engine.storage import jvm

# Limited because each thread plans queries and keeps the plans in the driver's memory.
WORKERS = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def all_at_once(spark: SparkSession, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Returns the results in the order of the items. Raises the first failure in this order, once all threads end."""
    with ThreadPoolExecutor(WORKERS, initializer=use_session, initargs=(spark,)) as pool:
        return list(pool.map(work, items))


def use_session(spark: SparkSession) -> None:
    """Activates the session. Otherwise a thread builds expressions with default settings: no ANSI in Spark 3.5."""
    jvm(spark).SparkSession.setActiveSession(spark._jsparkSession)
