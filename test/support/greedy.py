"""Polls an EMR endpoint like a careless dashboard, in bursts and without backoff, until its stdin closes.

Prints as JSON how often each operation was answered and refused. All it is told is in the environment.
"""

import json
import sys
import threading

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

emr = boto3.client("emr", config=Config(retries={"total_max_attempts": 1}))
counts = {}
over = threading.Event()


def ask(operation, **arguments):
    count = counts.setdefault(operation, {"answered": 0, "refused": 0})
    try:
        answer = getattr(emr, operation)(**arguments)
        count["answered"] += 1
        return answer
    except ClientError as error:
        if error.response["Error"]["Code"] != "ThrottlingException":
            raise
        count["refused"] += 1
        return {}


def burst():
    clusters = ask("list_clusters").get("Clusters", [])
    for _ in range(8):
        for cluster in clusters:
            ask("describe_cluster", ClusterId=cluster["Id"])
            ask("list_steps", ClusterId=cluster["Id"])


def listen():
    sys.stdin.read()
    over.set()


threading.Thread(target=listen, daemon=True).start()
while not over.is_set():
    burst()
    over.wait(3)
print(json.dumps(counts))
