# Tables of earlier steps.


def find_execution(spark, step, uri):
    """The folder of the execution of `step` that is complete: `uri` itself, or the first complete one below it."""
    for folder in [uri] + ["%s/%s" % (uri, name) for name in folders_below(spark, uri)]:
        if is_complete(spark, step, folder):
            return folder
    message = "the step %s has no complete execution in %s: its report.json is missing"
    raise StepFailure("upstream", message % (step, uri))


def is_complete(spark, step, folder):
    """A report that cannot be read whole is none: it is written last."""
    uri = folder + "/report.json"
    if not exists(spark, uri):
        return False
    try:
        report = json.loads(read_bytes(spark, uri))
    except ValueError:
        return False
    return isinstance(report, dict) and report.get("version") == 1 and report.get("step") == step


def register_upstreams(spark, uris):
    """A view for each table read, with the types its contract states; returns the executions chosen."""
    chosen = {}
    for step, tables in UPSTREAMS.items():
        chosen[step] = find_execution(spark, step, uris[step])
        for table in tables:
            frame = read_table(spark, "%s/tables/%s" % (chosen[step], table["name"]), table)
            frame.createOrReplaceTempView(table["name"])
    return chosen


def schema_of(table):
    return T.StructType([T.StructField(column["name"], COLUMN_TYPES[column["type"]]) for column in table["columns"]])


def read_table(spark, uri, table):
    """A written table; the schema is given, so that no partition folder's name is taken for another type."""
    names = [column["name"] for column in table["columns"]]
    return spark.read.schema(schema_of(table)).parquet(literal_glob(uri)).select(*names)


COLUMN_TYPES = {
    "BIGINT": T.LongType(),
    "INT": T.IntegerType(),
    "DOUBLE": T.DoubleType(),
    "STRING": T.StringType(),
    "TIMESTAMP": T.TimestampType(),
}
