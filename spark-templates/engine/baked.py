"""The data of a step. Rendering replaces this module with the values; here they only have types."""

from engine.contracts import ReadTable, Source, Table

STEP: str = ""
DOC: str = ""
# The size of a full data file, in bytes.
TARGET_FILE_SIZE: int = 256 << 20
# The contracts of the raw inputs.
SOURCES: list[Source] = []
# The tables that the step reads, by the step that writes them.
UPSTREAMS: dict[str, list[ReadTable]] = {}
# The contracts of the tables that the step writes, in the order of writing.
TABLES: list[Table] = []
# By table: the line of its template on which each column of its contract is.
COLUMN_LINES: dict[str, dict[str, int]] = {}
# By table: the path of its template, the line of the template on which the query starts, and the query.
QUERIES: dict[str, tuple[str, int, str]] = {}
