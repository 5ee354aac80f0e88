"""The tables of the examples of spark-templates/README.md as DuckDB reads them, and the sessions of the raw events.

Usage: template_examples.py LOG_DATA NAME=FOLDER ..., the names being songs, logs, ratings and days, and FOLDER the
`tables` folder of its example. Prints JSON about the examples that are given.
"""

import json
import sys

import duckdb

SESSIONS = """
    SELECT sessionId, max(try_cast(userId AS BIGINT)), min(ts) * 1000, arg_min(page, (ts, itemInSession)),
      max(ts) * 1000, arg_max(page, (ts, itemInSession)), count(*) FILTER (page = 'NextSong'),
      (max(ts) - min(ts)) / 1000
    FROM (SELECT DISTINCT ON (ts, sessionId, itemInSession) * FROM raw)
    GROUP BY sessionId ORDER BY sessionId"""
LANDED = """
    SELECT session_id, user_id, epoch_us(first_at), first_page, epoch_us(last_at), last_page, plays, seconds
    FROM {} ORDER BY session_id"""


def main(log_data, *examples):
    folders = dict(example.split("=", 1) for example in examples)
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    quoted = lambda folder: folder.replace("[", "[[]").replace("'", "''")
    table = lambda example, name: (
        "read_parquet('%s/%s/**/*.parquet', hive_partitioning = true)" % (quoted(folders[example]), name)
    )
    columns = "{ts: 'BIGINT', userId: 'VARCHAR', sessionId: 'BIGINT', itemInSession: 'BIGINT', page: 'VARCHAR'}"
    database.execute("CREATE VIEW raw AS FROM read_json('%s/**/*.json', columns = %s)" % (quoted(log_data), columns))
    rows = lambda query: [list(row) for row in database.execute(query).fetchall()]
    found = {}
    if "songs" in folders:
        broken = "SELECT count(*) FROM %s WHERE NOT duration > 0" % table("songs", "songs")
        found["brokenSongs"] = rows(broken)[0][0]
    if "logs" in folders:
        found["sessions"] = {"landed": rows(LANDED.format(table("logs", "sessions"))), "wanted": rows(SESSIONS)}
        users = "SELECT user_id, epoch_us(registered_at) FROM %s ORDER BY user_id" % table("logs", "users")
        found["registered"] = rows(users)
    if "ratings" in folders:
        found["ratings"] = rows("FROM %s" % table("ratings", "song_ratings"))
    if "days" in folders:
        days = "SELECT station, day, coldest, warmest, alerts, year FROM %s ORDER BY station" % table("days", "days")
        found["days"] = rows(days)
    json.dump(found, sys.stdout, default=str)


main(*sys.argv[1:])
