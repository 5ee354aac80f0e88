"""The expected tables and books of test/fixtures/pipelines/github-events, computed from the raw JSON without Spark.

Written from the pipeline's rules, not from its templates: Python decides what becomes of each line, DuckDB takes values
out of the raw JSON of kept lines and makes the tables.

Usage: github_oracle.py EVENTS LAKE. Prints JSON: the fates of the lines, the rows of each table, the types of its
columns as they are in Parquet, and what is missing from or too many in each table.
"""

import gzip
import json
import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import duckdb

VIEWS = {
    "push_events": {"filter": ("type", "PushEvent"), "required": ["id", "created_at", "actor_login", "repo_name"]},
    "public_events": {"filter": ("public", True), "required": ["id", "type", "created_at", "repo_name"]},
}
# In the order of the contract, which decides which of two events with the same id is kept.
PATHS = {
    "id": ["id"],
    "type": ["type"],
    "created_at": ["created_at"],
    "public": ["public"],
    "actor_login": ["actor", "login"],
    "repo_name": ["repo", "name"],
    "ref": ["payload", "ref"],
}
# The text of a field whose path leads through something other than an object. It fits no type.
NO_OBJECT = "\0"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.]\d{1,6})?(Z|[+-]\d\d:\d\d)?")

VALUES = """
    CAST(raw->>'$.id' AS DECIMAL(20,0)) AS id,
    raw->>'$.type' AS type,
    CAST(raw->>'$.created_at' AS TIMESTAMPTZ) AS created_at,
    TRY_CAST(raw->>'$.public' AS BOOLEAN) AS public,
    nullif(trim(raw->>'$.actor.login'), '') AS actor_login,
    raw->>'$.repo.name' AS repo_name,
    raw->>'$.payload.ref' AS ref,
    CASE WHEN TRY_CAST(raw->>'$.payload.size' AS INT) >= 0 THEN CAST(raw->>'$.payload.size' AS INT) END AS size,
    TRY_CAST(raw->>'$.payload.distinct_size' AS INT) AS distinct_size,
    CASE WHEN json_type(raw, '$.payload.commits') = 'ARRAY' THEN CAST(raw->'$.payload.commits' AS JSON[]) END AS commits,
    CASE WHEN json_type(raw, '$.payload.forkee.topics') = 'ARRAY'
      THEN CAST(raw->'$.payload.forkee.topics' AS VARCHAR[]) END AS topics
"""

TABLES = {
    "pushes": """
        SELECT id AS event_id, epoch_us(created_at) AS pushed_at, CAST(created_at AT TIME ZONE 'UTC' AS DATE) AS pushed_on,
          actor_login AS actor, repo_name AS repo, replace(ref, 'refs/heads/', '') AS branch, size AS commits,
          CASE WHEN size > 0 AND distinct_size < 10 * size
            THEN CAST(distinct_size / size AS DECIMAL(5,4)) END AS distinct_share,
          list_transform(commits, lambda c: c->>'$.message') AS messages, public AS is_public,
          year(pushed_on) AS "year", month(pushed_on) AS "month", day(pushed_on) AS "day"
        FROM push_events""",
    "active_days": """
        SELECT CAST(created_at AT TIME ZONE 'UTC' AS DATE) AS happened_on, repo_name AS repo, count(*) AS events,
          CAST(count(*) FILTER (type = 'PushEvent') / count(*) AS DECIMAL(7,6)) AS push_share,
          list_sort(list(DISTINCT type)) AS types,
          coalesce(list_sort(list_distinct(flatten(list(topics) FILTER (topics IS NOT NULL)))), []) AS topics,
          count(DISTINCT actor_login) AS actors, epoch_us(min(created_at)) AS first_at, epoch_us(max(created_at)) AS last_at
        FROM public_events GROUP BY ALL""",
}


def events_in(folder):
    """Each line of each file, as text."""
    for name in sorted(os.listdir(folder)):
        with gzip.open(os.path.join(folder, name), "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")


def event_on(line):
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def at(event, path):
    """The text at a path, or None if it is missing or blank. Booleans and numbers as JSON writes them."""
    for key in path:
        if event is not None and not isinstance(event, dict):
            return NO_OBJECT
        event = None if event is None else event.get(key)
    if event is None:
        return None
    text = event if isinstance(event, str) else json.dumps(event)
    return text if text.strip() else None


def fits(name, text):
    if text == NO_OBJECT:
        return False
    if name == "id":
        return re.fullmatch(r"\d{1,20}", text) is not None
    if name == "public":
        return text in ("true", "false")
    if name == "created_at":
        try:
            return MOMENT.fullmatch(text) is not None and datetime.fromisoformat(text.replace("Z", "+00:00")) is not None
        except ValueError:
            return False
    return True


def fate(texts, view):
    """The fate of an event in a view, with reason and field if it is quarantined."""
    field, wanted = view["filter"]
    if texts[field] is None:
        return "quarantined", "missing", field
    if not fits(field, texts[field]):
        return "quarantined", "type", field
    if texts[field] != (wanted if isinstance(wanted, str) else json.dumps(wanted)):
        return "filtered", None, None
    for name in view["required"]:
        if texts[name] is None:
            return "quarantined", "missing", name
        if not fits(name, texts[name]):
            return "quarantined", "type", name
    return "kept", None, None


def settle(kept, counts):
    """Keeps the event with the lowest texts of events with the same id."""
    by_id = defaultdict(list)
    for texts, line in kept:
        order = [(text is not None, (text or "").encode("utf-8")) for text in texts.values()]
        by_id[Decimal(texts["id"])].append((order, line))
    lines = []
    for same in by_id.values():
        same.sort()
        lines.append(same[0][1])
        counts["kept"] -= len(same) - 1
        counts["duplicates"] += len(same) - 1
        counts["conflicts"] += sum(json.loads(line) != json.loads(same[0][1]) for _, line in same)
    return lines


def load(database, name, lines):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        database.execute("CREATE TABLE %s_raw AS SELECT json AS raw FROM read_json_objects('%s')" % (name, file.name))
    database.execute("CREATE TABLE %s AS SELECT %s FROM %s_raw" % (name, VALUES, name))


def landed(database, lake, table):
    """The table as it landed: times as microseconds. Returns the types of its columns in Parquet."""
    path = os.path.join(lake, table, "**/*.parquet").replace("[", "[[]").replace("'", "''")
    database.execute("CREATE VIEW %s_files AS FROM read_parquet('%s', hive_partitioning = true)" % (table, path))
    columns = database.execute("DESCRIBE %s_files" % table).fetchall()
    return {name: kind for name, kind, *_ in columns}


def differences(database, table, types):
    columns = [row[0] for row in database.execute("DESCRIBE %s" % TABLES[table]).fetchall()]
    there = ", ".join(
        "epoch_us(%s) AS %s" % (name, name) if "TIME ZONE" in types[name] else '"%s"' % name for name in columns
    )
    wanted, found = "(%s)" % TABLES[table], "(SELECT %s FROM %s_files)" % (there, table)
    less = database.execute("FROM %s EXCEPT ALL FROM %s LIMIT 5" % (wanted, found)).fetchall()
    more = database.execute("FROM %s EXCEPT ALL FROM %s LIMIT 5" % (found, wanted)).fetchall()
    return {"missing": list(map(repr, less)), "unexpected": list(map(repr, more))}


def main(folder, lake):
    lines, kept = Counter(), {name: [] for name in VIEWS}
    views = {name: Counter(dict.fromkeys(["kept", "filtered", "duplicates", "conflicts", "quarantined"], 0)) for name in VIEWS}
    rejections = {name: Counter() for name in VIEWS}
    for line in events_in(folder):
        if not line.strip():
            lines["blank"] += 1
            continue
        lines["read"] += 1
        event = event_on(line)
        if event is None:
            lines["array" if line.startswith("[") else "unparsable"] += 1
            continue
        texts = {name: at(event, path) for name, path in PATHS.items()}
        for name, view in VIEWS.items():
            what, reason, field = fate(texts, view)
            views[name][what] += 1
            if what == "kept":
                kept[name].append((texts, line))
            if what == "quarantined":
                rejections[name][(reason, field)] += 1
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    for name in VIEWS:
        load(database, name, settle(kept[name], views[name]))
    types = {table: landed(database, lake, table) for table in TABLES}
    json.dump(
        {
            "lines": lines,
            "views": views,
            "quarantinedBy": {
                name: [{"reason": reason, "field": field, "lines": count} for (reason, field), count in sorted(by.items())]
                for name, by in rejections.items()
            },
            "rows": {table: database.execute("SELECT count(*) FROM (%s)" % TABLES[table]).fetchone()[0] for table in TABLES},
            "fewMessages": database.execute("SELECT count(*) FROM pushes_files WHERE len(messages) > commits").fetchone()[0],
            "types": types,
            "differences": {table: differences(database, table, types[table]) for table in TABLES},
        },
        sys.stdout,
    )


main(*sys.argv[1:])
