"""Prints as JSON what an EMR endpoint has: clusters, their policies, their steps. Configured by the environment."""

import json

import boto3

emr = boto3.client("emr")


def text(value):
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def steps_of(cluster_id):
    listed = list(emr.get_paginator("list_steps").paginate(ClusterId=cluster_id).search("Steps[]"))
    described = [emr.describe_step(ClusterId=cluster_id, StepId=step["Id"])["Step"] for step in listed]
    assert [step["Status"] for step in listed] == [step["Status"] for step in described]
    return described


clusters = []
for summary in emr.get_paginator("list_clusters").paginate().search("Clusters[]"):
    cluster_id = summary["Id"]
    cluster = emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    policy = emr.get_auto_termination_policy(ClusterId=cluster_id)
    clusters.append(
        {
            "cluster": cluster,
            "tags": {tag["Key"]: tag["Value"] for tag in cluster["Tags"]},
            "idle_timeout": policy.get("AutoTerminationPolicy", {}).get("IdleTimeout"),
            "steps": steps_of(cluster_id),
        }
    )
print(json.dumps(clusters, default=text))
