"""Uses the endpoint through the AWS CLI, in one process, and checks each answer against botocore's model. Prints the results
as JSON."""

import contextlib
import io
import json
import os
import sys
import time

endpoint, region, key, secret = sys.argv[1:5]
os.environ.update(
    AWS_ACCESS_KEY_ID=key,
    AWS_SECRET_ACCESS_KEY=secret,
    AWS_DEFAULT_REGION=region,
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_MAX_ATTEMPTS="1",
    AWS_PAGER="",
)

from awscli.clidriver import create_clidriver  # noqa: E402
from model_check import watch  # noqa: E402

driver = create_clidriver()
report = watch(driver.session.get_component("event_emitter"))


def aws(*words):
    """Exit code, and the printed JSON or stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = driver.main(["emr", *words, "--endpoint-url", endpoint, "--output", "json"])
    text = out.getvalue()
    return code, (json.loads(text) if code == 0 and text else err.getvalue().strip())


def good(*words):
    code, answer = aws(*words)
    if code != 0:
        raise SystemExit(f"aws emr {' '.join(words)}: {code} {answer}")
    return answer


def until(wanted, *words):
    """Polls until the State is one of those. The CLI's own waiters would sleep half a minute between two polls."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = good(*words)
        status = (answer.get("Cluster") or answer.get("Step"))["Status"]
        if status["State"] in wanted:
            return status
        time.sleep(0.05)
    raise SystemExit(f"aws emr {' '.join(words)}: still {status}")


def describe(step):
    return "describe-step", "--cluster-id", cluster, "--step-id", step


cluster = good(
    "create-cluster",
    "--name=landfall/cli/cluster#1",
    "--release-label=emr-7.13.0",
    "--applications",
    "Name=Spark",
    "--use-default-roles",
    "--instance-type=m5.xlarge",
    "--instance-count=3",
    # The CLI accepts a file: URI in this form: it would read a value that begins with file://.
    "--log-uri=file:/logs of the cli",
    "--configurations",
    json.dumps([{"Classification": "spark-defaults", "Properties": {"a": "b"}}]),
    "--no-auto-terminate",
    "--auto-termination-policy=IdleTimeout=600",
    "--bootstrap-actions",
    "Path=s3://b/boot.sh,Name=boot,Args=[a]",
    "--tags",
    "landfall:pool=default",
    "team",
)["ClusterId"]
until(["WAITING"], "describe-cluster", "--cluster-id", cluster)
waited = [aws("wait", "cluster-running", "--cluster-id", cluster)[0]]

added = good(
    "add-steps",
    "--cluster-id",
    cluster,
    "--steps",
    "Type=CUSTOM_JAR,Name=good,ActionOnFailure=CONTINUE,Jar=command-runner.jar,Args=[bash,-c,true]",
    "Type=CUSTOM_JAR,Name=bad,ActionOnFailure=CONTINUE,Jar=command-runner.jar,Args=[bash,-c,exit 3]",
    "Type=CUSTOM_JAR,Name=endless,ActionOnFailure=CONTINUE,Jar=command-runner.jar,Args=[bash,-c,sleep 60]",
    "Type=Spark,Name=spark,ActionOnFailure=CONTINUE,Args=[--class,A,a.jar]",
)["StepIds"]
well, failing, endless, spark = added
until(["COMPLETED"], *describe(well))
failed = until(["FAILED"], *describe(failing))
until(["RUNNING"], *describe(endless))
for step in (well, failing):
    waited.append(aws("wait", "step-complete", "--cluster-id", cluster, "--step-id", step)[0])
pending = good("list-steps", "--cluster-id", cluster, "--step-states", "PENDING")["Steps"]
cancelled = good(
    "cancel-steps", "--cluster-id", cluster, "--step-ids", endless, spark, "--step-cancellation-option=SEND_INTERRUPT"
)["CancelStepsInfoList"]
until(["CANCELLED"], *describe(endless))
listed = good("list-steps", "--cluster-id", cluster)["Steps"]

concurrency = good("modify-cluster", "--cluster-id", cluster, "--step-concurrency-level=5")
good("modify-cluster-attributes", "--cluster-id", cluster, "--termination-protected", "--no-visible-to-all-users")
protected = aws("terminate-clusters", "--cluster-ids", cluster)
good("modify-cluster-attributes", "--cluster-id", cluster, "--no-termination-protected")
good("add-tags", "--resource-id", cluster, "--tags", "added=yes")
good("put-auto-termination-policy", "--cluster-id", cluster, "--auto-termination-policy", "IdleTimeout=900")
good("list-instances", "--cluster-id", cluster)
fleets = good(
    "create-cluster",
    "--name=fleets",
    "--release-label=emr-7.13.0",
    "--use-default-roles",
    "--instance-fleets",
    "InstanceFleetType=MASTER,TargetOnDemandCapacity=1,InstanceTypeConfigs=[{InstanceType=m5.xlarge}]",
    "InstanceFleetType=CORE,TargetSpotCapacity=4,InstanceTypeConfigs=[{InstanceType=r5.xlarge,WeightedCapacity=2}]",
    "--step-concurrency-level=3",
    "--steps",
    "Type=Spark,Name=by the cli,ActionOnFailure=CONTINUE,Args=[x.py]",
    "--auto-terminate",
)["ClusterId"]
fleet_ended = until(["TERMINATED"], "describe-cluster", "--cluster-id", fleets)
fleet = good("describe-cluster", "--cluster-id", fleets)["Cluster"]
cluster_mode = aws("add-steps", "--cluster-id", cluster, "--steps", "Type=Spark,Args=[--deploy-mode,cluster,x.py]")
active = good("list-clusters", "--active")["Clusters"]
shown = good("describe-cluster", "--cluster-id", cluster)["Cluster"]
good("terminate-clusters", "--cluster-ids", cluster)
ended = until(["TERMINATED"], "describe-cluster", "--cluster-id", cluster)
waited.append(aws("wait", "cluster-terminated", "--cluster-id", cluster)[0])
waited.append(aws("wait", "cluster-running", "--cluster-id", cluster)[0])
after = good("list-clusters", "--terminated", "--created-after", "2020-01-01T00:00:00Z")["Clusters"]
print(
    json.dumps(
        {
            **report.summary(),
            "waited": waited,
            "failed": failed["FailureDetails"],
            "pending": [step["Name"] for step in pending],
            "cancelled": [info["Status"] for info in cancelled],
            "listed": [[step["Name"], step["Status"]["State"]] for step in listed],
            "concurrency": concurrency,
            "protected": protected,
            "active": [one["Id"] == cluster for one in active],
            "groups": [[group["InstanceGroupType"], group["RunningInstanceCount"]] for group in shown["InstanceGroups"]],
            "fleets": [[one["InstanceFleetType"], one["TargetSpotCapacity"]] for one in fleet["InstanceFleets"]],
            "fleet_ended": fleet_ended["StateChangeReason"],
            "cluster_mode": cluster_mode,
            "bootstrap": shown["BootstrapActions"],
            "tags": {tag["Key"]: tag["Value"] for tag in shown["Tags"]},
            "ended": ended["StateChangeReason"],
            "after": [one["Id"] == cluster for one in after],
            "unknown": aws("describe-cluster", "--cluster-id", "j-NONE"),
        }
    )
)
