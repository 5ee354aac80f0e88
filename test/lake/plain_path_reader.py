"""Reads the table songs at its plain paths, again and again, like any user of DuckDB.

Usage: plain_path_reader.py LAKE STOP. Prints a line of JSON a look: the rows of each file, or what went wrong. Ends with
the first look that it begins when the file STOP is there.
"""

import json
import os
import sys

import duckdb

lake, stop = sys.argv[1:]
query = "SELECT filename, count(title) FROM read_parquet(?, hive_partitioning = true, filename = true) GROUP BY ALL"
stopping = False
while not stopping:
    stopping = os.path.exists(stop)
    try:
        rows = duckdb.execute(query, [lake + "/songs/**/*.parquet"]).fetchall()
        look = {"files": {name[len(lake) + 1 :]: count for name, count in rows}}
    except duckdb.Error as error:
        look = {"failed": str(error)}
    print(json.dumps(look), flush=True)
