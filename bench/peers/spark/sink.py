"""Kafka to text files by Structured Streaming, until it is killed.

sink.py BROKERS TOPIC DIRECTORY CHECKPOINTS RECORDS_PER_FILE JARS
"""

import sys
import time

from pyspark.sql import SparkSession

brokers, topic, directory, checkpoints, records_per_file, jars = sys.argv[1:]

spark = (
    SparkSession.builder.appName("bench")
    # A thread for each partition; the heap is Spark's default of 1 GiB.
    .master("local[3]")
    .config("spark.jars", jars)
    .config("spark.ui.enabled", "false")
    .config("spark.sql.files.maxRecordsPerFile", records_per_file)
    .config("spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms", "10")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("WARN")

# Micro-batches as large as it likes, which suits it best.
records = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", brokers)
    .option("subscribe", topic)
    .option("startingOffsets", "earliest")
    .load()
)
query = (
    records.selectExpr("CAST(value AS STRING) AS value")
    .writeStream.format("text")
    .option("path", directory)
    .option("checkpointLocation", checkpoints)
    .start()
)

while query.isActive and query.lastProgress is None and query.status["message"] not in (
    "Waiting for data to arrive",
    "Processing new data",
):
    time.sleep(0.1)
print("ready", flush=True)
query.awaitTermination()
