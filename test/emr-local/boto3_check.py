"""Drives the endpoint as a program written for EMR would: waiters, paginators, typed errors. Prints what it saw as JSON."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, region, key, secret = sys.argv[1:5]
emr = boto3.client(
    "emr",
    endpoint_url=endpoint,
    region_name=region,
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    config=Config(retries={"total_max_attempts": 1}),
)
quick = {"Delay": 0.1, "MaxAttempts": 100}


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    return None


cluster = emr.run_job_flow(
    Name="landfall/boto/cluster#1",
    ReleaseLabel="emr-7.13.0",
    LogUri="s3://bucket/logs",
    ServiceRole="EMR_DefaultRole",
    JobFlowRole="EMR_EC2_DefaultRole",
    Applications=[{"Name": "Spark"}],
    Instances={"MasterInstanceType": "m5.xlarge", "InstanceCount": 2, "KeepJobFlowAliveWhenNoSteps": True},
    Tags=[{"Key": "landfall:pool", "Value": "é"}],
)["JobFlowId"]
emr.get_waiter("cluster_running").wait(ClusterId=cluster, WaiterConfig=quick)


def step(number, script="true"):
    return {
        "Name": f"step {number}",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["bash", "-c", script]},
    }


emr.modify_cluster(ClusterId=cluster, StepConcurrencyLevel=8)
steps = emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step(number) for number in range(55)])["StepIds"]
for one in steps:
    emr.get_waiter("step_complete").wait(ClusterId=cluster, StepId=one, WaiterConfig=quick)
failing = emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step(55, "exit 3")])["StepIds"][0]
try:
    emr.get_waiter("step_complete").wait(ClusterId=cluster, StepId=failing, WaiterConfig=quick)
    waiter = "returned"
except Exception as error:
    waiter = str(error)
listed = [one["Id"] for page in emr.get_paginator("list_steps").paginate(ClusterId=cluster) for one in page["Steps"]]
described = emr.describe_step(ClusterId=cluster, StepId=failing)["Step"]
instances = list(emr.get_paginator("list_instances").paginate(ClusterId=cluster).search("Instances[].Status.State"))
emr.terminate_job_flows(JobFlowIds=[cluster])
emr.get_waiter("cluster_terminated").wait(ClusterId=cluster, WaiterConfig=quick)
shown = emr.describe_cluster(ClusterId=cluster)["Cluster"]
clusters = list(emr.get_paginator("list_clusters").paginate(CreatedAfter=shown["Status"]["Timeline"]["CreationDateTime"]))
print(
    json.dumps(
        {
            "newest_first": listed == [failing, *reversed(steps)],
            "waiter": waiter,
            "failure": described["Status"]["FailureDetails"],
            "state": shown["Status"]["State"],
            "tags": shown["Tags"],
            "instances": instances,
            "clusters": [one["Id"] == cluster for page in clusters for one in page["Clusters"]],
            "unknown": refused(emr.describe_cluster, ClusterId="j-NONE"),
            "over": refused(emr.add_job_flow_steps, JobFlowId=cluster, Steps=[step(0)]),
            "not_emulated": refused(emr.list_studios),
        }
    )
)
