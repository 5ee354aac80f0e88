# The books of a source: what went in, and what became of it.


def open_source(spark, source, root, inputs, folder):
    """Reads a source: registers its view, writes its quarantine, returns its books."""
    fit_to_input(spark, inputs)
    rows = classify(read_lines(spark, source, root, inputs), source).persist(StorageLevel.MEMORY_AND_DISK)
    counted = ["_file", "_size", "_modified", "_fate", "_reason", "_field", "_conflict"]
    totals = [F.count(F.lit(1)).alias("lines"), F.sum("_bytes").alias("bytes")]
    try:
        counts = rows.groupBy(*counted).agg(*totals).collect()
    except Exception as error:
        raise reading_failure(spark, error, source, root, inputs) from error
    books = keep_books(spark, source, inputs, counts)
    register_source(rows, source)
    if books["lines"]["quarantined"] > 0:
        write_quarantine(spark, rows, source, folder)
    lines = books["lines"]
    say(
        "%s: %d lines: %d kept, %d filtered, %d duplicates, %d quarantined"
        % (source["name"], lines["read"], lines["kept"], lines["filtered"], lines["duplicates"], lines["quarantined"])
    )
    return books


def register_source(rows, source):
    """The view that queries read: kept rows, the fields under their own names, and `_file`, raw."""
    path = F.expr("url_decode(replace(_file, '+', '%2B'))")
    names = [field["name"] for field in source["fields"]]
    kept = rows.where(F.col("_fate") == "kept").select(*names, path.alias("_file"))
    kept.createOrReplaceTempView(source["name"])


def keep_books(spark, source, inputs, counts):
    """The counts by object, fate and reason as one account; fails when an object is not the one of the manifest."""
    seen = {place(decoded(row["_file"])): row for row in counts}
    changed = [entry.uri for entry in inputs if differs(spark, entry, seen.get(place(entry.uri)))]
    if changed:
        raise changed_failure(source, changed)
    fates, rejections, conflicts = Counter(), Counter(), 0
    lines, content = Counter(), Counter()
    for row in counts:
        where = place(decoded(row["_file"]))
        lines[where] += row["lines"]
        content[where] += row["bytes"]
        fates[row["_fate"]] += row["lines"]
        conflicts += row["lines"] if row["_conflict"] else 0
        if row["_fate"] == "quarantined":
            rejections[(row["_reason"], row["_field"] or "")] += row["lines"]
    places = [(entry, place(entry.uri)) for entry in inputs]
    return {
        "objects": {
            "manifest": len(inputs),
            "read": len(seen),
            "empty": len(inputs) - len(seen),
            "vanished": [],
            "changed": [],
            "unaccounted": [entry.uri for entry, at in places if not makes_up(entry, lines[at], content[at])],
        },
        "lines": {
            "read": sum(fates.values()) - fates["blank"],
            "blank": fates["blank"],
            "kept": fates["kept"],
            "filtered": fates["filtered"],
            "duplicates": fates["duplicate"],
            "quarantined": fates["quarantined"],
        },
        "conflicts": conflicts,
        "quarantinedBy": [
            {"reason": reason, "field": field or None, "lines": count}
            for (reason, field), count in sorted(rejections.items())
        ],
    }


def makes_up(entry, lines, content):
    """Whether so many lines, of so many bytes, are a whole object: a line ends in one byte, in two, or, if it is the
    last, in none; a byte order mark is three. What is compressed tells nothing of its length."""
    rest = entry.size - content
    return entry.uri.endswith(".gz") or max(0, lines - 1) <= rest <= 2 * lines + 3


def differs(spark, entry, row):
    """Whether what was read of an object, if anything, is not what was listed."""
    if row is not None:
        return has_changed(entry, row)
    if entry.size == 0:
        return False
    path, files = hadoop_path(spark, entry.uri)
    return files.getFileStatus(path).getLen() != entry.size


def write_quarantine(spark, rows, source, folder):
    """Rejected lines, readable afterwards: where from, why, which field, and the line itself. Any reader knows gzip."""
    rejected = rows.where(F.col("_fate") == "quarantined").select(
        F.lit(source["name"]).alias("source"),
        F.expr("url_decode(replace(_file, '+', '%2B'))").alias("file"),
        F.col("_reason").alias("reason"),
        F.col("_field").alias("field"),
        F.col("_raw").alias("raw"),
    )
    balanced = rebalanced(spark, rejected, ["file"]).sortWithinPartitions("file", "raw")
    uri = "%s/quarantine/%s" % (folder, source["name"])
    balanced.write.parquet(uri, mode="errorifexists", compression="gzip")
