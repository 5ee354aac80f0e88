"""The tables of the examples of spark-templates/README.md as DuckDB reads them, and the sessions of the raw events.

Usage: template_examples.py LOG_DATA SONGS LOGS RATINGS DAYS, the last four being `tables` folders. Prints JSON.
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


def main(log_data, songs, logs, ratings, days):
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    quoted = lambda folder: folder.replace("[", "[[]").replace("'", "''")
    table = lambda folder, name: "read_parquet('%s/%s/**/*.parquet', hive_partitioning = true)" % (quoted(folder), name)
    columns = "{ts: 'BIGINT', userId: 'VARCHAR', sessionId: 'BIGINT', itemInSession: 'BIGINT', page: 'VARCHAR'}"
    database.execute("CREATE VIEW raw AS FROM read_json('%s/**/*.json', columns = %s)" % (quoted(log_data), columns))
    rows = lambda query: [list(row) for row in database.execute(query).fetchall()]
    found = {
        "sessions": {"landed": rows(LANDED.format(table(logs, "sessions"))), "wanted": rows(SESSIONS)},
        "brokenSongs": rows("SELECT count(*) FROM %s WHERE NOT duration > 0" % table(songs, "songs"))[0][0],
        "registered": rows("SELECT user_id, epoch_us(registered_at) FROM %s ORDER BY user_id" % table(logs, "users")),
        "ratings": rows("FROM %s" % table(ratings, "song_ratings")),
        "days": rows("SELECT station, day, coldest, warmest, alerts, year FROM %s ORDER BY station" % table(days, "days")),
    }
    json.dump(found, sys.stdout, default=str)


main(*sys.argv[1:])
