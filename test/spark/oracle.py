"""The expected tables and books, computed from the raw JSON without Spark.

Written from the design's rules, not from the pipeline's templates: Python parses and judges lines, DuckDB makes the
tables.

Usage: oracle.py bigint|text SONG_DATA LOG_DATA SONG_TABLES LOG_TABLES, the first being the shape of songplay_id, the
last two the `tables` folders of the two executions.

Prints JSON: the books of both sources, the number of rows of each table, the plays that found their song, and what is
missing from or too many in each table and quarantine.
"""

import gzip
import hashlib
import json
import os
import re
import sys
import tempfile
from collections import Counter
from decimal import Decimal

import duckdb

SONG_FIELDS = {
    "song_id": "text!",
    "title": "text",
    "artist_id": "text!",
    "artist_name": "text",
    "artist_location": "text",
    "artist_latitude": "double",
    "artist_longitude": "double",
    "duration": "double",
    "year": "int",
}
LOG_FIELDS = {
    "ts": "bigint!",
    "userId": "bigint!",
    "sessionId": "bigint!",
    "itemInSession": "bigint!",
    "level": "text",
    "page": "text",
    "song": "text",
    "artist": "text",
    "length": "double",
    "firstName": "text",
    "lastName": "text",
    "gender": "text",
    "location": "text",
    "userAgent": "text",
}
EVENT_KEY = ["ts", "userId", "sessionId", "itemInSession"]
TS_MIN, TS_BELOW = 946684800000, 4102444800000
WHITE = " \t\n\x0b\f\r"
# Replaces bytes that are not UTF-8.
REPLACEMENT = "\ufffd"
# Number of characters of a line, and of a value, in the quarantine.
LONGEST_RAW, LONGEST_VALUE = 2**20, 200
# Most digits of a number that is read.
MOST_DIGITS = 1000
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

TABLES = {
    "songs": """
        SELECT song_id, title, artist_id, "year", duration FROM song_data
        QUALIFY row_number() OVER (
          PARTITION BY song_id ORDER BY "year" > 0 DESC, artist_id, title NULLS LAST, duration NULLS LAST,
            "year", artist_name NULLS LAST) = 1""",
    "artists": """
        SELECT artist_id, artist_name AS name, artist_location AS location,
          artist_latitude AS latitude, artist_longitude AS longitude
        FROM song_data
        QUALIFY row_number() OVER (
          PARTITION BY artist_id
          ORDER BY (artist_latitude IS NOT NULL AND artist_longitude IS NOT NULL) DESC,
            (artist_location IS NOT NULL) DESC, "year" DESC, song_id,
            artist_name NULLS LAST, artist_location NULLS LAST, artist_latitude NULLS LAST, artist_longitude NULLS LAST) = 1""",
    "users": """
        SELECT userId AS user_id, firstName AS first_name, lastName AS last_name, gender, level FROM log_data
        WHERE (ts, sessionId, itemInSession) = (
          SELECT max((o.ts, o.sessionId, o.itemInSession)) FROM log_data o WHERE o.userId = log_data.userId)""",
    "time": """
        SELECT DISTINCT ts AS start_time, hour(epoch_ms(ts)) AS "hour", day(epoch_ms(ts)) AS "day",
          weekofyear(epoch_ms(ts)) AS week, month(epoch_ms(ts)) AS "month", year(epoch_ms(ts)) AS "year",
          dayname(epoch_ms(ts)) AS weekday
        FROM log_data""",
    "songplays": """
        WITH winners AS (
          SELECT * FROM song_data
          QUALIFY row_number() OVER (
            PARTITION BY song_id ORDER BY "year" > 0 DESC, artist_id, title NULLS LAST, duration NULLS LAST,
            "year", artist_name NULLS LAST) = 1
        ), keys AS (
          SELECT title, artist_name, duration, min(song_id) AS song_id, arg_min(artist_id, song_id) AS artist_id
          FROM winners
          WHERE title IS NOT NULL AND artist_name IS NOT NULL AND duration IS NOT NULL GROUP BY ALL
        )
        SELECT e.songplay_id, e.ts AS start_time, e.userId AS user_id, e.level, k.song_id, k.artist_id,
          e.sessionId AS session_id, e.location, e.userAgent AS user_agent,
          year(epoch_ms(e.ts)) AS "year", month(epoch_ms(e.ts)) AS "month"
        FROM log_data e
        LEFT JOIN keys k ON k.title = e.song AND k.artist_name = e.artist AND k.duration = e.length""",
}


class Number(str):
    """The text of a JSON number."""


def strict(constant):
    raise ValueError(constant)


def java_text(number):
    """A number as Java writes it: integers unchanged, others as doubles."""
    if not re.search(r"[.eE]", number):
        return str(number)
    value = float(number)
    if value in (float("inf"), float("-inf")):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "e" not in repr(value) else "%f" % value
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    mantissa = "%d.%s" % (digits[0], "".join(map(str, digits[1:])) or "0")
    return "%s%sE%d" % ("-" if sign else "", mantissa, exponent + len(digits) - 1)


def text_of(value):
    if value is None:
        return None
    if isinstance(value, Number):
        text = java_text(value)
    elif isinstance(value, str):
        text = value.encode("utf-8", "replace").decode("utf-8")
    else:
        text = written(value)
    return text if text.strip(WHITE) else None


def written(value):
    """A JSON value without white space, with numbers as Java writes them."""
    if isinstance(value, dict):
        return "{%s}" % ",".join(written(name) + ":" + written(inner) for name, inner in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(written, value))
    return java_text(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def parse(line, fields):
    """The object on a line, or None if the line is not one object, or a field that is read is not UTF-8."""
    text = line.decode("utf-8", "replace")
    try:
        found = json.loads(text, parse_constant=strict, parse_float=number, parse_int=number)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    garbled = any(REPLACEMENT in (text_of(found.get(name)) or "") for name in fields)
    return None if garbled and line != text.encode("utf-8") else found


def number(digits):
    if len(digits) > MOST_DIGITS:
        raise ValueError(digits)
    return Number(digits)


def convert(text, kind):
    if text is None or kind == "text":
        return text
    if not NUMBER.fullmatch(text.strip(WHITE)):
        return None
    if kind == "double":
        value = float(text) + 0.0  # never -0.0
        return value if abs(value) != float("inf") else None
    value = Decimal(text.strip(WHITE))
    if value != value.to_integral_value():
        return None
    bits = 31 if kind == "int" else 63
    return int(value) if -(2**bits) <= value < 2**bits else None


def files_below(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name[0] not in "._"]
        for name in names:
            if name[0] not in "._" and name.endswith((".json", ".json.gz")):
                yield os.path.join(folder, name)


def lines_of(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        content = file.read()
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    lines = re.split(b"\r\n|\r|\n", content)
    return lines[:-1] if lines[-1] == b"" else lines


def judge(line, fields, is_log):
    """(fate, reason, field, values, texts) of one line; an object's texts even if it is rejected."""
    if not line.strip(WHITE.encode()):
        return "blank", None, None, None, None
    found = parse(line, fields)
    if found is None:
        is_array = line.lstrip(WHITE.encode()).startswith(b"[")
        return "quarantined", "array" if is_array else "unparsable", None, None, None
    texts = {name: text_of(found.get(name)) for name in fields}
    values = {name: convert(texts[name], kind.rstrip("!")) for name, kind in fields.items()}
    if is_log and texts["page"] is None:
        return "quarantined", "missing", "page", None, texts
    if is_log and texts["page"] != "NextSong":
        return "filtered", None, None, None, None
    for name, kind in fields.items():
        if not kind.endswith("!"):
            continue
        if texts[name] is None:
            return "quarantined", "missing", name, None, texts
        if values[name] is None:
            return "quarantined", "type", name, None, texts
        if name == "ts" and not TS_MIN <= values[name] < TS_BELOW:
            return "quarantined", "range", name, None, texts
    return "kept", None, None, values, texts


def read(root, fields, view, is_log):
    """The kept rows of a source's only view, the books of the source, and the rejected lines."""
    lines = dict.fromkeys(["read", "blank", "unparsable", "quarantined"], 0)
    fates = dict.fromkeys(["kept", "filtered", "duplicates", "quarantined"], 0)
    objects, rejections, rows, rejected = {"manifest": 0, "read": 0, "empty": 0}, {}, [], []
    known, occurring, asked, misshapen = set(), set(), 0, {}
    for path in files_below(root):
        content = lines_of(path)
        objects["manifest"] += 1
        objects["read" if content else "empty"] += 1
        shape = shape_of(content, fields)
        if shape is not None:
            misshapen.setdefault(shape, []).append("file://" + path)
        for at, line in enumerate(content, 1):
            fate, reason, field, values, texts = judge(line, fields, is_log)
            lines["read"] += fate != "blank"
            lines["blank"] += fate == "blank"
            lines["quarantined"] += fate == "quarantined"
            unparsable = fate == "quarantined" and texts is None
            lines["unparsable"] += unparsable
            if fate != "blank" and not unparsable:
                fates[fate] += 1
            if fate == "kept":
                shown = [canonical(values[name], kind) for name, kind in fields.items()]
                rows.append((values, shown, nulls_of(line, fields, texts, values)))
            if fate == "quarantined":
                rejections[(reason, field)] = rejections.get((reason, field), 0) + 1
                value = None if field is None or texts[field] is None else texts[field][:LONGEST_VALUE]
                raw = line.decode("utf-8", "replace")[:LONGEST_RAW]
                rejected.append([None if unparsable else view, path, at, reason, field, value, raw, len(line)])
            if texts is not None:
                known.update(name for name in fields if texts[name] is not None)
                occurring.update(parse(line, fields))
                asked += 1
    by = sorted(rejections.items(), key=lambda entry: (entry[0][0], entry[0][1] or ""))
    books = {"lines": fates, "conflicts": 0}
    books["quarantinedBy"] = [{"reason": r, "field": f, "lines": n} for (r, f), n in by if f is not None]
    kept = settle(rows, books) if is_log else rows
    fates["kept"] = len(kept)
    books["nulls"] = [
        {"field": name, **{why: sum(nulls.get(name) == why for _, _, nulls in kept) for why in WHY_NULL}}
        for name in fields
        if any(name in nulls for _, _, nulls in kept)
    ]
    books["unknown"] = [
        {"field": name, "key": name, "type": SQL_TYPES[fields[name].rstrip("!")], "occurs": name in occurring}
        for name in fields
        if asked and name not in known
    ]
    # The keys reported for an unknown field are tested separately.
    books["otherKeys"] = []
    source = {
        "objects": {**objects, "unaccounted": []},
        "lines": lines,
        "unparsableBy": [{"reason": r, "lines": n} for (r, f), n in by if f is None],
        "misshapen": [
            {"shape": shape, "objects": len(uris), "sample": sorted(uris)[:5]}
            for shape, uris in sorted(misshapen.items())
        ],
        "views": {view: books},
    }
    return [values for values, _, _ in kept], source, rejected


WHY_NULL = ["missing", "blank", "unfit"]
SQL_TYPES = {"text": "STRING", "double": "DOUBLE", "bigint": "BIGINT", "int": "INT"}


def shape_of(content, fields):
    """What an object's first line opens but does not close: an array or an object."""
    first = next((line for line in content if line.strip(WHITE.encode())), None)
    if first is None or parse(first, fields) is not None:
        return None
    text = first.decode("utf-8", "replace").strip(WHITE)
    if text.startswith("["):
        return "array"
    return "object" if text.startswith("{") and text.endswith((",", "{", "[")) else None


def nulls_of(line, fields, texts, values):
    """Why a field of a kept line has no value, by field."""
    found = json.loads(line.decode("utf-8", "replace"), parse_float=number, parse_int=number)
    why = {}
    for name in fields:
        if texts[name] is None:
            why[name] = "missing" if found.get(name) is None else "blank"
        elif values[name] is None:
            why[name] = "unfit"
    return why


def canonical(value, kind):
    """The text of a value as the tables have it, so that 7 and "007" are the same number."""
    if value is None or kind.startswith("text"):
        return value
    return java_text(repr(value)) if kind.startswith("double") else str(value)


def settle(rows, books):
    """Of equal events, keeps the one with the lowest canonical texts."""
    events = {}
    for values, texts, nulls in rows:
        order = [(text is not None, (text or "").encode("utf-8")) for text in texts]
        order.append("".join(nulls.get(name, ".")[0] for name in LOG_FIELDS))
        events.setdefault(tuple(values[name] for name in EVENT_KEY), []).append((order, texts, values, nulls))
    kept = []
    for same in events.values():
        same.sort(key=lambda entry: entry[0])
        _, texts, values, nulls = same[0]
        kept.append((values, texts, nulls))
        books["lines"]["duplicates"] += len(same) - 1
        books["conflicts"] += sum(texts != same[0][1] for _, texts, _, _ in same)
    return kept


def songplay_id(row, shape):
    digits = hashlib.sha256("|".join(str(row[name]) for name in EVENT_KEY).encode()).hexdigest()
    return digits[:32] if shape == "text" else int(digits[:15], 16)


def load(database, name, rows, fields):
    types = {"text": "VARCHAR", "double": "DOUBLE", "bigint": "BIGINT", "int": "BIGINT"}
    columns = {field: types[kind.rstrip("!")] for field, kind in fields.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
        file.flush()
        shape = "{%s}" % ", ".join("'%s': '%s'" % entry for entry in columns.items())
        database.execute(
            "CREATE TABLE %s AS FROM read_json('%s', format = 'newline_delimited', columns = %s)"
            % (name, file.name, shape)
        )


def compare(database, name, folder):
    """Rows missing from the folder, and extra rows. Reads from inside it, because DuckDB treats paths as patterns."""
    os.chdir(folder)
    database.execute("CREATE OR REPLACE VIEW expected AS " + TABLES[name])
    columns = [column[0] for column in database.execute("SELECT * FROM expected LIMIT 0").description]
    listed = ", ".join('epoch_ms("%s") AS "%s"' % (c, c) if c == "start_time" else '"%s"' % c for c in columns)
    database.execute(
        "CREATE OR REPLACE VIEW actual AS SELECT %s FROM read_parquet('%s/**/*.parquet', hive_partitioning = true)"
        % (listed, name)
    )
    # EXCEPT treats -0.0 as 0.0.
    told = ", ".join(["*"] + ['signbit("%s")' % c for c in columns if c in ("duration", "latitude", "longitude")])
    difference = "SELECT %s FROM %%s EXCEPT ALL SELECT %s FROM %%s" % (told, told)
    return {
        "missing": [repr(row) for row in database.execute(difference % ("expected", "actual")).fetchall()][:5],
        "unexpected": [repr(row) for row in database.execute(difference % ("actual", "expected")).fetchall()][:5],
    }


def compare_quarantine(database, folder, source, rejected):
    """Rejected lines missing from the quarantine, and extra lines; an absent quarantine is empty."""
    actual = []
    partition = os.path.join(folder, "source=%s" % source)
    if os.path.isdir(partition):
        os.chdir(partition)
        query = "SELECT view, file, line, reason, field, value, raw, bytes FROM read_parquet('*.parquet')"
        actual = [[view, file[len("file://") :], *rest] for view, file, *rest in database.execute(query).fetchall()]
    expected, found = Counter(map(repr, rejected)), Counter(map(repr, actual))
    return {
        "missing": list(expected - found)[:5],
        "unexpected": list(found - expected)[:5],
        "surplus": len(actual) - len(rejected),
    }


def main(shape, song_data, log_data, *folders):
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    songs, song_books, song_rejected = read(song_data, SONG_FIELDS, "song_data", False)
    plays, log_books, log_rejected = read(log_data, LOG_FIELDS, "plays", True)
    for song in songs:
        song["year"] = song["year"] or 0
    load(database, "song_data", songs, SONG_FIELDS)
    plays = [{**play, "songplay_id": songplay_id(play, shape)} for play in plays]
    load(database, "log_data", plays, {**LOG_FIELDS, "songplay_id": shape})
    found = {name: folder for folder in folders for name in os.listdir(folder) if name in TABLES}
    result = {
        "books": {"song_data": song_books, "log_data": log_books},
        "rows": {name: len(database.execute(query).fetchall()) for name, query in TABLES.items()},
        "matched": database.execute("SELECT count(song_id) FROM (%s)" % TABLES["songplays"]).fetchone()[0],
        "differences": {name: compare(database, name, folder) for name, folder in found.items()},
        "quarantine": {
            name: compare_quarantine(database, os.path.join(folder, "quarantine"), name, rejected)
            for folder, (name, rejected) in zip(folders, [("song_data", song_rejected), ("log_data", log_rejected)])
        },
    }
    print(json.dumps(result))


main(*sys.argv[1:])
