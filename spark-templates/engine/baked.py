"""What a step is. Rendering writes these values into the program; as a module they only have types."""

from typing import Any, Dict, List, Tuple

STEP: str = ""
DOC: str = ""
# Bytes of a data file that is full.
TARGET_FILE_SIZE: int = 256 << 20
# Input contracts, by the order of their fields.
SOURCES: List[Dict[str, Any]] = []
# Tables that are read, by the step that writes them.
UPSTREAMS: Dict[str, List[Dict[str, Any]]] = {}
# Contracts of the tables this step writes, in the order of writing.
TABLES: List[Dict[str, Any]] = []
# By table: the template of its query, that file's line of the query's first line, and the query.
QUERIES: Dict[str, Tuple[str, int, str]] = {}
