"""The data types that modules of the engine share."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Optional, TypedDict, Union

# A value as a contract writes it.
Scalar = Union[bool, int, float, str]


class FieldKeys(TypedDict):
    name: str
    # STRING, DECIMAL(12,2), ARRAY<DATE> and so on.
    type: str
    # The keys of the objects that contain the value, and its own key last.
    path: list[str]


class Field(FieldKeys, total=False):
    """A field of a raw line."""

    # Of a TIMESTAMP: iso8601, epoch_millis or epoch_seconds.
    format: str
    # The value of a field that is missing or blank.
    default: Scalar
    # The lowest valid number.
    min: Scalar
    # The lowest number that is too high.
    below: Scalar


class KeepRule(TypedDict):
    """Only lines whose `field` equals `equals` are kept."""

    field: str
    # The type of the field.
    type: str
    equals: Scalar


class View(TypedDict):
    """Which lines of a source are rows, under the name that queries use."""

    name: str
    keep: Optional[KeepRule]
    # Fields without which a line is rejected, in the order that decides the reason.
    required: list[str]
    # Two kept lines with equal values here are one event. Empty: there are no duplicates.
    event_key: list[str]


class Source(TypedDict):
    """The contract of a raw input."""

    name: str
    # The digest of everything that decides how its lines are parsed and judged.
    digest: str
    fields: list[Field]
    # The views that the step reads.
    views: list[View]


class TableColumn(TypedDict):
    name: str
    type: str
    nullable: bool


class NotNullCheck(TypedDict):
    check: Literal["not_null"]
    severity: str
    column: str


class UniqueCheck(TypedDict):
    check: Literal["unique"]
    severity: str
    columns: list[str]


class AcceptedValuesCheck(TypedDict):
    check: Literal["accepted_values"]
    severity: str
    column: str
    values: list[Scalar]


class RangeKeys(TypedDict):
    check: Literal["range"]
    severity: str
    column: str


class RangeCheck(RangeKeys, total=False):
    min: Scalar
    max: Scalar


class ReferencesCheck(TypedDict):
    check: Literal["references"]
    severity: str
    column: str
    table: str
    to: str


class ConditionCheck(TypedDict):
    check: Literal["condition"]
    severity: str
    name: str
    # A boolean expression over the columns of the table.
    sql: str
    # The line of `sql` in the table's template.
    line: int


class MatchedCheck(TypedDict):
    check: Literal["matched"]
    severity: str
    column: str
    found: str
    warnBelow: float
    needs: dict[str, list[str]]


class RowCountKeys(TypedDict):
    check: Literal["row_count"]
    severity: str


class RowCountCheck(RowCountKeys, total=False):
    min: int
    max: int
    # The name of a view: the table has as many rows as the view keeps lines.
    equals: str


TableCheck = Union[
    NotNullCheck,
    UniqueCheck,
    AcceptedValuesCheck,
    RangeCheck,
    ReferencesCheck,
    ConditionCheck,
    MatchedCheck,
    RowCountCheck,
]


class Resolution(TypedDict):
    """A query chooses one of the rows of `view` with equal `by`. They conflict if they differ in `comparing`."""

    view: str
    by: list[str]
    comparing: list[str]


class ReadTable(TypedDict):
    """The part of a table's contract that a step needs in order to read the table."""

    name: str
    columns: list[TableColumn]


class Table(ReadTable):
    """The contract of a table that the step writes."""

    key: list[str]
    partition_by: list[str]
    sort_by: list[str]
    may_be_empty: bool
    checks: list[TableCheck]
    resolves: Optional[Resolution]
    # The partition columns by which the table can be made again in part. Empty: it is always made whole.
    rebuild_by: list[str]
    # By table of an earlier step: its columns, and for each the field of a view whose rows look it up by that column.
    # Its changed rows affect only the partitions of view rows with these values.
    rebuild_when: dict[str, dict[str, str]]
    # The views and tables of earlier steps that its query reads. May name more.
    reads: list[str]


class Input(NamedTuple):
    """An object to read."""

    # Raw, not percent-encoded.
    uri: str
    size: int
    # In epoch milliseconds.
    modified: int
    # None if the step itself listed the objects.
    etag: Optional[str] = None


class Fate(NamedTuple):
    """What became of a line in a view, before duplicates are found."""

    # `fate` is None for a line that does not parse. `reason` and `field` are None unless the view rejects the line.
    fate: Any
    reason: Any
    field: Any


class Kind(NamedTuple):
    """Lines of an object that are alike."""

    form: str
    # None if no view keeps or rejects the lines.
    state: Any
    lines: int
    # In the order of the views.
    fates: Sequence[Fate]


class ReadObject(NamedTuple):
    """An object whose lines were parsed, in this execution or an earlier one."""

    uri: str
    size: int
    etag: Optional[str]
    modified: int
    # Its URI as Spark reports it, or None if it has no lines.
    file: Optional[str]
    # The bytes of its lines, without line ends.
    bytes: int
    # If it is JSON, but not one JSON object per line: what it starts with, `array` or `object`.
    shape: Optional[str]
    kinds: Sequence[Kind]


class Lost(NamedTuple):
    """Duplicates of a view."""

    # The state of the lines.
    state: str
    lines: int
    # How many of them differ from the line kept.
    conflicts: int


class DataFile(NamedTuple):
    """A data file of a table."""

    # The folder that the execution which wrote the file has of the table.
    folder: str
    # Below that folder.
    name: str
    size: int


class Written(NamedTuple):
    """A table that the step has written."""

    table: Table
    # The files that this execution has written, and those of earlier executions that stay.
    own: Sequence[DataFile]
    kept: Sequence[DataFile]
    # The rows that the query produced, and those of the files that stay.
    rows: int
    # How it was made, for the report.
    made: dict[str, Any]


class LineCounts(TypedDict):
    """The number of lines of a source. `read` does not include blank lines."""

    read: int
    blank: int
    # Lines that no view can use.
    unparsable: int
    # Lines that at least one view rejects, or that are unparsable.
    quarantined: int


class FateCounts(TypedDict):
    """The number of lines with each fate in a view, of the lines that parse."""

    kept: int
    filtered: int
    duplicates: int
    quarantined: int


class UnknownFieldKeys(TypedDict):
    field: str
    # Its path, with dots.
    key: str
    type: str


class UnknownField(UnknownFieldKeys, total=False):
    """A field that has no value in any line."""

    # Whether the field's key occurs at all.
    occurs: bool


class ViewBooks(TypedDict):
    """What became of a source's lines in a view."""

    lines: FateCounts
    # Of the duplicates, those that differ from the line kept.
    conflicts: int
    quarantinedBy: list[dict[str, Any]]
    nulls: list[dict[str, Any]]
    unknown: list[UnknownField]
    otherKeys: list[dict[str, Any]]


class Books(TypedDict):
    """What a source's objects contained, and what became of each line: a part of the step's report."""

    objects: dict[str, Any]
    lines: LineCounts
    unparsableBy: list[dict[str, Any]]
    misshapen: list[dict[str, Any]]
    views: dict[str, ViewBooks]
