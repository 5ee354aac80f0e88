"""Calls every operation of the endpoint through boto3, with as many parameters as possible, and checks each answer against
botocore's model. Prints the results as JSON."""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from botocore.loaders import Loader

from model_check import watch

endpoint, region, key, secret = sys.argv[1:5]
emr = boto3.client(
    "emr",
    endpoint_url=endpoint,
    region_name=region,
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    # Operations that this endpoint does not emulate are called without parameters.
    config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
)
report = watch(emr.meta.events)
quick = {"Delay": 0.05, "MaxAttempts": 400}
names = {"ReleaseLabel": "emr-7.13.0", "ServiceRole": "EMR_DefaultRole", "JobFlowRole": "EMR_EC2_DefaultRole"}


def step(script, **more):
    jar = {"Jar": "command-runner.jar", "Args": ["bash", "-c", script], "Properties": [{"Key": "a", "Value": "b"}]}
    return {"Name": "é 'quoted' step", "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar, **more}


def pages(operation, result, **arguments):
    found = list(emr.get_paginator(operation).paginate(**arguments))
    return len(found), [item for page in found for item in page.get(result, [])]


def awaited(waiter, **arguments):
    try:
        emr.get_waiter(waiter).wait(WaiterConfig=quick, **arguments)
    except WaiterError as error:
        return error.kwargs["reason"]
    return "ok"


def refusal(operation, **arguments):
    try:
        getattr(emr, operation)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Message"]
    return "taken"


def with_everything():
    ebs = {"EbsOptimized": True, "EbsBlockDeviceConfigs": [{"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 32}}]}
    configurations = [{"Classification": "spark-defaults", "Properties": {"a": "b"}}]
    spot = {"TimeoutDurationMinutes": 5, "TimeoutAction": "SWITCH_TO_ON_DEMAND", "AllocationStrategy": "price-capacity-optimized"}
    types = [{"InstanceType": "m5.xlarge", "WeightedCapacity": 1, "BidPrice": "0.2", "EbsConfiguration": ebs, "Configurations": configurations}]
    fleets = [
        {"InstanceFleetType": "MASTER", "TargetOnDemandCapacity": 1, "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge"}]},
        {
            "Name": "core",
            "InstanceFleetType": "CORE",
            "TargetSpotCapacity": 60,
            "InstanceTypeConfigs": types,
            "LaunchSpecifications": {"SpotSpecification": spot},
            "ResizeSpecifications": {"SpotResizeSpecification": {"TimeoutDurationMinutes": 20, "AllocationStrategy": "diversified"}},
            "Context": "context",
        },
    ]
    return emr.run_job_flow(
        Name="landfall/everything/cluster#1",
        LogUri="s3://bucket/logs",
        Applications=[{"Name": "Spark"}, {"Name": "Hadoop", "Args": ["a"], "AdditionalInfo": {"b": "c"}}],
        Configurations=configurations,
        Instances={
            "InstanceFleets": fleets,
            "KeepJobFlowAliveWhenNoSteps": True,
            "Ec2KeyName": "key",
            "Ec2SubnetIds": ["subnet-1", "subnet-2"],
            "EmrManagedMasterSecurityGroup": "sg-1",
            "AdditionalMasterSecurityGroups": ["sg-2"],
        },
        BootstrapActions=[{"Name": f"b{n}", "ScriptBootstrapAction": {"Path": "s3://b/x.sh", "Args": ["1"]}} for n in range(16)],
        Steps=[step("true")],
        Tags=[{"Key": "landfall:pool", "Value": "é"}],
        AutoTerminationPolicy={"IdleTimeout": 600},
        ManagedScalingPolicy={
            "ComputeLimits": {"UnitType": "InstanceFleetUnits", "MinimumCapacityUnits": 1, "MaximumCapacityUnits": 60}
        },
        StepConcurrencyLevel=8,
        PlacementGroupConfigs=[{"InstanceRole": "MASTER", "PlacementStrategy": "SPREAD"}],
        SecurityConfiguration="sc",
        EbsRootVolumeSize=20,
        ScaleDownBehavior="TERMINATE_AT_TASK_COMPLETION",
        VisibleToAllUsers=True,
        **names,
    )["JobFlowId"]


def small(**instances):
    instances = {"MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True, **instances}
    return emr.run_job_flow(Name="small", Instances=instances, **names)["JobFlowId"]


def every_change(cluster):
    """Each operation that changes a cluster, and each that shows the result."""
    emr.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=True)
    emr.set_keep_job_flow_alive_when_no_steps(JobFlowIds=[cluster], KeepJobFlowAliveWhenNoSteps=True)
    emr.set_visible_to_all_users(JobFlowIds=[cluster], VisibleToAllUsers=False)
    emr.set_unhealthy_node_replacement(JobFlowIds=[cluster], UnhealthyNodeReplacement=True)
    emr.get_auto_termination_policy(ClusterId=cluster)
    emr.put_auto_termination_policy(ClusterId=cluster, AutoTerminationPolicy={"IdleTimeout": 700})
    emr.remove_auto_termination_policy(ClusterId=cluster)
    emr.get_managed_scaling_policy(ClusterId=cluster)
    limits = {"UnitType": "Instances", "MinimumCapacityUnits": 1, "MaximumCapacityUnits": 2}
    emr.put_managed_scaling_policy(ClusterId=cluster, ManagedScalingPolicy={"ComputeLimits": limits})
    emr.remove_managed_scaling_policy(ClusterId=cluster)
    emr.add_tags(ResourceId=cluster, Tags=[{"Key": "k", "Value": "v"}])
    emr.remove_tags(ResourceId=cluster, TagKeys=["k"])
    emr.modify_cluster(ClusterId=cluster, StepConcurrencyLevel=9, ExtendedSupport=True)
    emr.describe_cluster(ClusterId=cluster)
    refused = refusal("terminate_job_flows", JobFlowIds=[cluster])
    emr.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=False)
    return refused


def every_step(cluster):
    """Steps in every state that a test can reach."""
    plain = emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step("true") for _ in range(51)])["StepIds"]
    failing, endless = emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step("exit 3"), step("sleep 60")])["StepIds"]
    failed = awaited("step_complete", ClusterId=cluster, StepId=failing)
    while emr.describe_step(ClusterId=cluster, StepId=endless)["Step"]["Status"]["State"] != "RUNNING":
        pass
    emr.cancel_steps(ClusterId=cluster, StepIds=[failing, endless])
    cancelled = awaited("step_complete", ClusterId=cluster, StepId=endless)
    details = emr.describe_step(ClusterId=cluster, StepId=failing)["Step"]["Status"]["FailureDetails"]
    return failed, cancelled, details, [endless, failing, *reversed(plain)]


cluster = with_everything()
running = awaited("cluster_running", ClusterId=cluster)
protected = every_change(cluster)
failed, cancelled, details, newest_first = every_step(cluster)
groups = emr.run_job_flow(
    Name="groups",
    Instances={
        "InstanceGroups": [
            {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1},
            {
                "InstanceRole": "CORE",
                "InstanceType": "m5.xlarge",
                "InstanceCount": 2,
                "Market": "SPOT",
                "BidPrice": "0.1",
                "CustomAmiId": "ami-1",
                "EbsConfiguration": {
                    "EbsBlockDeviceConfigs": [
                        {"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 32, "Throughput": 125}, "VolumesPerInstance": 2}
                    ]
                },
            },
        ],
        "KeepJobFlowAliveWhenNoSteps": True,
    },
    **names,
)["JobFlowId"]
for _ in range(50):
    small()
paged = {
    "list_clusters": pages("list_clusters", "Clusters"),
    "list_steps": pages("list_steps", "Steps", ClusterId=cluster),
    "list_instances": pages("list_instances", "Instances", ClusterId=cluster),
    "list_instance_fleets": pages("list_instance_fleets", "InstanceFleets", ClusterId=cluster),
    "list_instance_groups": pages("list_instance_groups", "InstanceGroups", ClusterId=groups),
    "list_bootstrap_actions": pages("list_bootstrap_actions", "BootstrapActions", ClusterId=cluster),
}
counts = {
    name: [number, len(items), len({json.dumps(item, default=str) for item in items})]
    for name, (number, items) in paged.items()
}
labels = []
while not labels or "NextToken" in labels[-1]:
    token = {"NextToken": labels[-1]["NextToken"]} if labels else {}
    labels.append(emr.list_release_labels(MaxResults=6, **token))
shown = emr.describe_cluster(ClusterId=cluster)["Cluster"]
created = shown["Status"]["Timeline"]["CreationDateTime"]
emr.describe_release_label(ReleaseLabel="emr-7.13.0")
types = emr.list_supported_instance_types(ReleaseLabel="emr-7.13.0")
rest = emr.list_supported_instance_types(ReleaseLabel="emr-7.13.0", Marker=types["Marker"])
emr.get_block_public_access_configuration()
emr.terminate_job_flows(JobFlowIds=[cluster])
terminated = awaited("cluster_terminated", ClusterId=cluster)
unloved = awaited("cluster_running", ClusterId=cluster)
doomed = [item["Id"] for item in paged["list_clusters"][1] if item["Name"] == "small"][:10]
emr.terminate_job_flows(JobFlowIds=doomed)
refused = {
    "describe_cluster": refusal("describe_cluster", ClusterId="j-NONE"),
    "describe_step": refusal("describe_step", ClusterId=cluster, StepId="s-NONE"),
    "add_tags": refusal("add_tags", ResourceId=cluster, Tags=[{"Key": "k"}]),
    "add_job_flow_steps": refusal("add_job_flow_steps", JobFlowId=cluster, Steps=[step("true")]),
}
emulated = set(report.operations)
elsewhere = sorted(set(emr.meta.service_model.operation_names) - emulated)
said = {name: refusal(xform_name(name)) for name in elsewhere}
paginators = Loader().load_service_model("emr", "paginators-1")["pagination"]
print(
    json.dumps(
        {
            **report.summary(),
            "waiters": {
                "cluster_running": [running, unloved],
                "step_complete": [failed, cancelled],
                "cluster_terminated": terminated,
            },
            "pages": counts,
            "newest_first": [item["Id"] for item in paged["list_steps"][1]][:53] == newest_first,
            "failure": details,
            "tags": shown["Tags"],
            "placement": shown["PlacementGroups"],
            "volumes": [len(group["EbsBlockDevices"]) for group in paged["list_instance_groups"][1]],
            "running": sorted({item["Status"]["State"] for item in paged["list_instances"][1]}),
            "labels": [len(page["ReleaseLabels"]) for page in labels],
            "since": [
                sum(item["Id"] == cluster for item in pages("list_clusters", "Clusters", **{bound: created})[1])
                for bound in ("CreatedAfter", "CreatedBefore")
            ],
            "unpaged": sorted(name for name in emulated & set(paginators) if xform_name(name) not in paged),
            "types": [len(types["SupportedInstanceTypes"]), len(rest["SupportedInstanceTypes"]), rest.get("Marker")],
            "protected": protected,
            "refused": refused,
            "silent": sorted(name for name, text in said.items() if "does not emulate the operation" not in text),
        }
    )
)
