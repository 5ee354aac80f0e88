"""The classic script at its best: explicit schemas, one cached scan, a broadcast join, built-in functions.

spark-submit tuned.py INPUT OUTPUT [COLUMN_OF_SONGS_PARTITIONS ...]
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

SONG = """song_id STRING, title STRING, artist_id STRING, artist_name STRING, artist_location STRING,
  artist_latitude DOUBLE, artist_longitude DOUBLE, duration DOUBLE, year INT"""
EVENT = """ts BIGINT, userId STRING, sessionId BIGINT, page STRING, level STRING, song STRING, artist STRING,
  length DOUBLE, firstName STRING, lastName STRING, gender STRING, location STRING, userAgent STRING"""


def land(frame, output, table, *partitions):
    frame.write.mode("overwrite").partitionBy(*partitions).parquet(f"{output}/{table}")


def main(source, output, *layout):
    spark = (
        SparkSession.builder.appName("tuned")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    songs = spark.read.schema(SONG).option("recursiveFileLookup", "true").json(f"{source}/song_data").cache()
    land(
        songs.select("song_id", "title", "artist_id", "year", "duration").dropDuplicates(["song_id"]),
        output,
        "songs",
        *layout,
    )
    artists = songs.selectExpr(
        "artist_id",
        "artist_name AS name",
        "artist_location AS location",
        "artist_latitude AS latitude",
        "artist_longitude AS longitude",
    )
    land(artists.dropDuplicates(["artist_id"]), output, "artists")

    plays = (
        spark.read.schema(EVENT)
        .option("recursiveFileLookup", "true")
        .json(f"{source}/log_data")
        .where("page = 'NextSong'")
        .withColumn("start_time", f.expr("timestamp_millis(ts)"))
        .withColumn("user_id", f.expr("CAST(userId AS BIGINT)"))
        .cache()
    )
    users = plays.selectExpr("user_id", "firstName AS first_name", "lastName AS last_name", "gender", "level")
    land(users.dropDuplicates(["user_id"]), output, "users")
    times = (
        plays.select("start_time")
        .distinct()
        .selectExpr(
            "start_time",
            "hour(start_time) AS hour",
            "day(start_time) AS day",
            "weekofyear(start_time) AS week",
            "month(start_time) AS month",
            "year(start_time) AS year",
            "date_format(start_time, 'EEEE') AS weekday",
        )
    )
    land(times, output, "time", "year", "month")
    keys = songs.select("song_id", "artist_id", "title", "artist_name", "duration")
    matched = plays.join(
        f.broadcast(keys),
        (plays.song == keys.title) & (plays.artist == keys.artist_name) & (plays.length == keys.duration),
        "left",
    ).selectExpr(
        "conv(substr(sha2(concat_ws('|', ts, userId, sessionId), 256), 1, 15), 16, 10) AS songplay_id",
        "start_time",
        "user_id",
        "level",
        "song_id",
        "artist_id",
        "sessionId AS session_id",
        "location",
        "userAgent AS user_agent",
        "year(start_time) AS year",
        "month(start_time) AS month",
    )
    land(matched, output, "songplays", "year", "month")
    spark.stop()


main(*sys.argv[1:])
