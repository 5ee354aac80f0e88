"""An `etl.py` as Sparkify projects usually have it: schemas inferred, files found by a pattern, UDFs for timestamps.

spark-submit classic.py INPUT OUTPUT
"""

import sys
from datetime import datetime, timezone

from pyspark.sql import SparkSession
from pyspark.sql.functions import (
    col,
    date_format,
    dayofmonth,
    hour,
    monotonically_increasing_id,
    month,
    udf,
    weekofyear,
    year,
)
from pyspark.sql.types import TimestampType


def process_song_data(spark, input_data, output_data):
    df = spark.read.json(f"{input_data}/song_data/*/*/*/*.json")

    songs_table = df.select("song_id", "title", "artist_id", "year", "duration").dropDuplicates(["song_id"])
    songs_table.write.mode("overwrite").partitionBy("year", "artist_id").parquet(f"{output_data}/songs")

    artists_table = df.select(
        "artist_id",
        col("artist_name").alias("name"),
        col("artist_location").alias("location"),
        col("artist_latitude").alias("latitude"),
        col("artist_longitude").alias("longitude"),
    ).dropDuplicates(["artist_id"])
    artists_table.write.mode("overwrite").parquet(f"{output_data}/artists")


def process_log_data(spark, input_data, output_data):
    df = spark.read.json(f"{input_data}/log_data/*/*/*.json")
    df = df.filter(df.page == "NextSong")

    users_table = df.select(
        col("userId").cast("bigint").alias("user_id"),
        col("firstName").alias("first_name"),
        col("lastName").alias("last_name"),
        "gender",
        "level",
    ).dropDuplicates()
    users_table.write.mode("overwrite").parquet(f"{output_data}/users")

    get_datetime = udf(lambda ms: datetime.fromtimestamp(ms / 1000.0, timezone.utc), TimestampType())
    df = df.withColumn("start_time", get_datetime("ts"))
    time_table = (
        df.select("start_time")
        .dropDuplicates()
        .withColumn("hour", hour("start_time"))
        .withColumn("day", dayofmonth("start_time"))
        .withColumn("week", weekofyear("start_time"))
        .withColumn("month", month("start_time"))
        .withColumn("year", year("start_time"))
        .withColumn("weekday", date_format("start_time", "EEEE"))
    )
    time_table.write.mode("overwrite").partitionBy("year", "month").parquet(f"{output_data}/time")

    song_df = spark.read.json(f"{input_data}/song_data/*/*/*/*.json")
    songplays_table = df.join(
        song_df,
        (df.song == song_df.title) & (df.artist == song_df.artist_name) & (df.length == song_df.duration),
        "left",
    ).select(
        monotonically_increasing_id().alias("songplay_id"),
        "start_time",
        col("userId").cast("bigint").alias("user_id"),
        "level",
        "song_id",
        "artist_id",
        col("sessionId").alias("session_id"),
        "location",
        col("userAgent").alias("user_agent"),
        year("start_time").alias("year"),
        month("start_time").alias("month"),
    )
    songplays_table.write.mode("overwrite").partitionBy("year", "month").parquet(f"{output_data}/songplays")


def main():
    spark = SparkSession.builder.appName("classic").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    input_data, output_data = sys.argv[1:]
    process_song_data(spark, input_data, output_data)
    process_log_data(spark, input_data, output_data)
    spark.stop()


main()
