"""Does independent work of one Spark session at the same time: planning one query overlaps with running another."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

from pyspark.sql import SparkSession

from engine.storage import jvm

# Each thread plans queries, and holds the plans in the memory of the driver.
WORKERS = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def all_at_once(spark: SparkSession, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Returns the result for each item, in order. Raises the first failure in this order, once all threads end."""
    with ThreadPoolExecutor(WORKERS, initializer=use_session, initargs=(spark,)) as pool:
        return list(pool.map(work, items))


def use_session(spark: SparkSession) -> None:
    """Without an active session, a thread builds expressions by the default settings, in Spark 3.5 without ANSI."""
    jvm(spark).SparkSession.setActiveSession(spark._jsparkSession)
