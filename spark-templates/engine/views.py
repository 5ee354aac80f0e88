"""Registers the views that queries read: the fields of the lines kept, and the raw URI of their object, `_file`."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.contracts import Source, View
from engine.duplicates import IDENTITY
from engine.inputs import raw_name
from engine.source_table import is_row_of
from engine.sources import Opened


def register_views(opened: Opened) -> None:
    """Registers the views of a source, without duplicates."""
    for view in opened.source["views"]:
        kept = rows_of(view, opened.rows)
        lost = opened.losers[view["name"]]
        if lost is not None:
            kept = kept.join(lost.select(*IDENTITY), on=IDENTITY, how="left_anti")
        register_view(opened.source, view, kept)


def rows_of(view: View, rows: DataFrame) -> DataFrame:
    """Returns the rows that a view keeps, duplicates included."""
    return rows.where(F.col(is_row_of(view["name"])))


def register_view(source: Source, view: View, rows: DataFrame) -> None:
    """Registers a view of a source with these rows."""
    names = [field["name"] for field in source["fields"]]
    rows.select(*names, raw_name().alias("_file")).createOrReplaceTempView(view["name"])
