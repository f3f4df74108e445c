# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on instances, images, tags and stacks: what they change in moto, what they wait for, what they put out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.backend.outside import Outside
from automation_emulator.state.work import ApiCall

# An image that every account of moto's has.
AMI = "ami-12c6146b"
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "made"}}}})


class Script:
    """What operations answer instead of moto: one answer after the other, then moto again."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.calls: list[ApiCall] = []

    def say(self, operation: str, *answers: Any) -> None:
        self.answers[operation] = list(answers)

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The calls that steps make, some of them with answers that moto does not give."""
    script, moto = Script(), Outside._call

    def call(self: Outside, work: ApiCall, client: Any) -> Any:
        script.calls.append(work)
        answers = script.answers.get(work.operation)
        answer = answers.pop(0) if answers else moto(self, work, client)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Outside, "_call", call)
    return script


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2")


@pytest.fixture
def ids(ec2: Any) -> list[str]:
    """Two instances that run."""
    launched = ec2.run_instances(ImageId=AMI, MinCount=2, MaxCount=2)["Instances"]
    return [instance["InstanceId"] for instance in launched]


def step(action: str, **inputs: Any) -> dict[str, Any]:
    return {"name": "act", "action": f"aws:{action}", "inputs": inputs}


def states(ec2: Any, ids: list[str]) -> list[str]:
    found = ec2.describe_instance_status(InstanceIds=ids, IncludeAllInstances=True)["InstanceStatuses"]
    return [instance["InstanceState"]["Name"] for instance in found]


def statuses(*shown: tuple[str, str, str, str]) -> dict[str, Any]:
    """An answer of DescribeInstanceStatus: id, state, and both checks of each instance."""
    return {
        "InstanceStatuses": [
            {
                "InstanceId": name,
                "InstanceState": {"Name": state},
                "InstanceStatus": {"Status": instance},
                "SystemStatus": {"Status": system},
            }
            for name, state, instance, system in shown
        ]
    }


def images(state: str) -> dict[str, Any]:
    return {"Images": [{"ImageId": "ami-1", "State": state}]}


def stacks(status: str, **members: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "app", "StackStatus": status, **members}]}


def refused(runs: Any, asked: dict[str, Any], reason: str) -> bool:
    """Whether the inputs are refused, for that reason, before anything is called."""
    shown = runs.step(runs.start(asked), "act")
    assert reason in shown["FailureMessage"]
    return bool(shown["FailureDetails"]["FailureStage"] == "InputValidation")


def failed_verification(runs: Any, execution: str) -> str:
    """Why the step failed after its calls."""
    shown = runs.step(execution, "act")
    assert (runs.status(execution), shown["StepStatus"]) == ("Failed", "Failed")
    assert shown["FailureDetails"]["FailureStage"] == "PostVerification"
    assert shown["FailureDetails"]["FailureType"] == "Verification"
    return str(shown["FailureMessage"])


# aws:changeInstanceState


@pytest.mark.ledger("calls-9", "calls-11")
@pytest.mark.parametrize("before", ["running", "stopped"])
@pytest.mark.parametrize("desired", ["running", "stopped", "terminated"])
def test_instances_get_into_the_desired_state(runs: Any, ec2: Any, ids: list[str], before: str, desired: str) -> None:
    if before == "stopped":
        ec2.stop_instances(InstanceIds=ids)
    execution = runs.start(step("changeInstanceState", InstanceIds=ids, DesiredState=desired))
    assert (runs.status(execution), states(ec2, ids)) == ("Success", [desired, desired])
    assert runs.step(execution, "act")["Outputs"] == {"InstanceStates": [desired, desired]}


@pytest.mark.ledger("calls-9")
@pytest.mark.parametrize("given", [True, "true"])
def test_a_check_changes_nothing_and_waits(
    runs: Any, control: Any, ec2: Any, ids: list[str], script: Script, given: Any
) -> None:
    inputs = {"InstanceIds": ids, "DesiredState": "stopped", "CheckStateOnly": given}
    execution = runs.start(step("changeInstanceState", **inputs))
    assert (runs.status(execution), states(ec2, ids)) == ("InProgress", ["running", "running"])
    ec2.stop_instances(InstanceIds=ids[:1])
    control.pass_time(5)
    assert runs.status(execution) == "InProgress"
    ec2.stop_instances(InstanceIds=ids[1:])
    control.pass_time(5)
    assert runs.status(execution) == "Success"
    assert set(script.operations) == {"DescribeInstanceStatus"}


@pytest.mark.ledger("calls-10")
def test_a_check_takes_an_hour_at_most(runs: Any, control: Any, ids: list[str]) -> None:
    inputs = {"InstanceIds": ids, "DesiredState": "stopped", "CheckStateOnly": True}
    execution = runs.start(step("changeInstanceState", **inputs))
    control.pass_time(3599)
    assert runs.status(execution) == "InProgress"
    control.pass_time(1)
    assert runs.status(execution) == "TimedOut"


@pytest.mark.ledger("calls-10")
def test_running_means_to_have_passed_the_checks(runs: Any, control: Any, script: Script) -> None:
    one, two = "i-1", "i-2"
    script.say("StartInstances", {})
    passed = (one, "running", "ok", "ok")
    script.say(
        "DescribeInstanceStatus",
        statuses(passed),
        statuses(passed, (two, "pending", "ok", "ok")),
        statuses(passed, (two, "running", "initializing", "ok")),
        statuses(passed, (two, "running", "ok", "initializing")),
        statuses((two, "running", "ok", "ok"), passed),
    )
    execution = runs.start(step("changeInstanceState", InstanceIds=[one, two], DesiredState="running"))
    for _look in range(3):
        control.pass_time(5)
        assert runs.status(execution) == "InProgress"
    control.pass_time(5)
    assert runs.status(execution) == "Success"
    assert script.operations == ["StartInstances"] + 5 * ["DescribeInstanceStatus"]


@pytest.mark.ledger("calls-12")
@pytest.mark.parametrize("desired", ["running", "stopped"])
@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_an_instance_that_is_gone_is_not_waited_for(runs: Any, script: Script, desired: str, state: str) -> None:
    gone = ("i-2", state, "not-applicable", "not-applicable")
    script.say("DescribeInstanceStatus", statuses(("i-1", "pending", "ok", "ok"), gone))
    inputs = {"InstanceIds": ["i-1", "i-2"], "DesiredState": desired, "CheckStateOnly": True}
    execution = runs.start(step("changeInstanceState", **inputs))
    assert f"i-2 entered unexpected state: {state}" in failed_verification(runs, execution)


def test_an_instance_that_shuts_down_is_waited_for_to_be_terminated(
    runs: Any, control: Any, ids: list[str], script: Script
) -> None:
    script.say("DescribeInstanceStatus", statuses(*((one, "shutting-down", "ok", "ok") for one in ids)))
    execution = runs.start(step("changeInstanceState", InstanceIds=ids, DesiredState="terminated"))
    assert runs.status(execution) == "InProgress"
    control.pass_time(5)
    assert runs.status(execution) == "Success"


@pytest.mark.parametrize(
    ("inputs", "parameters"),
    [
        ({"DesiredState": "stopped", "Force": True}, {"Force": True}),
        ({"DesiredState": "stopped", "Force": "false"}, {}),
        ({"DesiredState": "running", "Force": True}, {}),
        ({"DesiredState": "terminated", "Force": True}, {}),
        ({"DesiredState": "running", "AdditionalInfo": "info"}, {"AdditionalInfo": "info"}),
        ({"DesiredState": "stopped", "AdditionalInfo": "info"}, {}),
        ({"DesiredState": "running", "AdditionalInfo": ""}, {}),
    ],
)
def test_some_inputs_are_for_one_state_only(runs: Any, script: Script, inputs: Any, parameters: Any) -> None:
    for operation in ("StartInstances", "StopInstances", "TerminateInstances"):
        script.say(operation, {})
    script.say("DescribeInstanceStatus", statuses(("i-1", inputs["DesiredState"], "ok", "ok")))
    execution = runs.start(step("changeInstanceState", InstanceIds=["i-1"], **inputs))
    assert runs.status(execution) == "Success"
    assert script.calls[0].parameters == {"InstanceIds": ["i-1"], **parameters}


def test_instances_that_do_not_exist_fail_the_step(runs: Any, account: Any) -> None:
    execution = runs.start(step("changeInstanceState", InstanceIds=["i-0123456789abcdef0"], DesiredState="stopped"))
    shown = runs.step(execution, "act")
    assert (runs.status(execution), shown["FailureDetails"]["FailureStage"]) == ("Failed", "Invocation")
    assert "InvalidInstanceID.NotFound" in shown["FailureMessage"]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"InstanceIds": "i-1"}, "InstanceIds"),
        ({"InstanceIds": []}, "InstanceIds"),
        ({"InstanceIds": [1]}, "InstanceIds"),
        ({"InstanceIds": ["i-1", 1]}, "InstanceIds"),
        ({"DesiredState": "paused"}, "running, stopped, terminated"),
        ({"DesiredState": None}, "DesiredState"),
        ({"Force": "perhaps"}, "Force"),
        ({"CheckStateOnly": 1}, "CheckStateOnly"),
    ],
)
def test_inputs_of_change_instance_state(runs: Any, inputs: Any, reason: str) -> None:
    asked = step("changeInstanceState", **{"InstanceIds": ["i-1"], "DesiredState": "stopped", **inputs})
    assert refused(runs, asked, reason)


@pytest.mark.ledger("calls-33")
@pytest.mark.parametrize("answer", ["Approve", "Reject"])
def test_a_runbook_of_aws_runs_under_its_own_name(
    runs: Any, account: Any, ec2: Any, ids: list[str], answer: str
) -> None:
    """The shape of AWS-StopEC2InstanceWithApproval: a gate, then the change."""
    gate = {
        "NotificationArn": "{{ SNSTopicArn }}",
        "Message": "Approval is needed to stop {{ InstanceId }}",
        "MinRequiredApprovals": 1,
        "Approvers": "{{ Approvers }}",
    }
    change = {"InstanceIds": "{{ InstanceId }}", "DesiredState": "stopped"}
    runs.document(
        {"name": "approve", "action": "aws:approve", "onFailure": "Abort", "inputs": gate},
        {"name": "stop", "action": "aws:changeInstanceState", "inputs": change},
        name="AWS-StopEC2InstanceWithApproval",
        assumeRole="{{ AutomationAssumeRole }}",
        parameters={
            "InstanceId": {"type": "StringList"},
            "Approvers": {"type": "StringList"},
            "SNSTopicArn": {"type": "String"},
            "AutomationAssumeRole": {"type": "String", "default": ""},
        },
    )
    alice = account.user("alice")
    execution = runs.ssm.start_automation_execution(
        DocumentName="AWS-StopEC2InstanceWithApproval",
        Parameters={"InstanceId": ids, "Approvers": ["alice"], "SNSTopicArn": ["arn:aws:sns:::Automation"]},
    )["AutomationExecutionId"]
    assert (runs.status(execution), states(ec2, ids)) == ("Waiting", ["running", "running"])
    runs.signal(execution, answer, alice)
    ended, state = ("Success", "stopped") if answer == "Approve" else ("Failed", "running")
    assert (runs.status(execution), states(ec2, ids)) == (ended, [state, state])


def test_a_restart_is_a_stop_and_a_start(runs: Any, ec2: Any, ids: list[str], script: Script) -> None:
    """The shape of AWS-RestartEC2Instance, and of the forced second stop in AWS-StopEC2Instance."""
    change = {"action": "aws:changeInstanceState"}
    stop = {"InstanceIds": ids, "DesiredState": "stopped"}
    execution = runs.start(
        {**change, "name": "stop", "onFailure": "Continue", "inputs": {**stop, "CheckStateOnly": False}},
        {**change, "name": "force", "inputs": {**stop, "Force": True}},
        {**change, "name": "start", "inputs": {**stop, "DesiredState": "running"}},
    )
    assert (runs.status(execution), states(ec2, ids)) == ("Success", ["running", "running"])
    changes = [name for name in script.operations if not name.startswith("Describe")]
    assert changes == ["StopInstances", "StopInstances", "StartInstances"]


# aws:runInstances


@pytest.mark.ledger("calls-13")
def test_instances_are_launched(runs: Any, ec2: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    inputs = {"ImageId": AMI, "MinInstanceCount": 2, "MaxInstanceCount": "2", "TagSpecifications": tags}
    execution = runs.start(step("runInstances", **inputs, Monitoring=True, InstanceType="t3.micro"))
    outputs = runs.step(execution, "act")["Outputs"]
    assert (runs.status(execution), outputs["InstanceStates"]) == ("Success", 2 * ["running"])
    for reservation in ec2.describe_instances(InstanceIds=outputs["InstanceIds"])["Reservations"]:
        for instance in reservation["Instances"]:
            assert (instance["InstanceType"], instance["Tags"][0]["Value"]) == ("t3.micro", "web")
            assert instance["Monitoring"]["State"] == "enabled"


@pytest.mark.ledger("calls-13", "calls-14")
@pytest.mark.parametrize(
    ("inputs", "parameters"),
    [
        ({}, {"InstanceType": "m1.small", "MinCount": 1, "MaxCount": 1}),
        ({"MaxInstanceCount": 2, "InstanceType": None}, {"InstanceType": "m1.small", "MinCount": 1, "MaxCount": 2}),
        ({"IamInstanceProfileArn": "arn"}, {"IamInstanceProfile": {"Arn": "arn"}}),
        ({"IamInstanceProfileName": "web"}, {"IamInstanceProfile": {"Name": "web"}}),
        ({"IamInstanceProfileName": ""}, {}),
        ({"Monitoring": "false"}, {"Monitoring": {"Enabled": False}}),
        ({"UserData": base64.b64encode(b"#!/bin/sh").decode()}, {"UserData": b"#!/bin/sh"}),
        ({"SubnetId": "subnet-1", "ClientToken": "t"}, {"SubnetId": "subnet-1", "ClientToken": "t"}),
    ],
)
def test_what_run_instances_asks_for(runs: Any, script: Script, inputs: Any, parameters: Any) -> None:
    script.say("RunInstances", {"Instances": [{"InstanceId": "i-1"}]})
    script.say("DescribeInstanceStatus", statuses(("i-1", "running", "ok", "ok")))
    execution = runs.start(step("runInstances", ImageId="ami-1", **inputs))
    assert runs.step(execution, "act")["Outputs"] == {"InstanceIds": ["i-1"], "InstanceStates": ["running"]}
    defaults = {"ImageId": "ami-1", "InstanceType": "m1.small", "MinCount": 1, "MaxCount": 1}
    assert script.calls[0].parameters == {**defaults, **parameters}


def test_several_instances_are_launched_at_once(runs: Any, script: Script) -> None:
    script.say("RunInstances", {"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]})
    launched = statuses(("i-2", "running", "ok", "ok"), ("i-1", "running", "ok", "ok"))
    script.say("DescribeInstanceStatus", statuses(("i-1", "running", "ok", "ok")), launched)
    execution = runs.start(step("runInstances", ImageId=AMI, MinInstanceCount=1, MaxInstanceCount=2))
    assert runs.status(execution) == "InProgress"


@pytest.mark.ledger("calls-14")
def test_user_data_reaches_the_instance(runs: Any, ec2: Any) -> None:
    data = base64.b64encode(b"#!/bin/sh").decode()
    execution = runs.start(step("runInstances", ImageId=AMI, UserData=data))
    [instance] = runs.step(execution, "act")["Outputs"]["InstanceIds"]
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    assert found["UserData"]["Value"] == data


@pytest.mark.ledger("calls-13")
def test_launched_instances_are_waited_for_and_known_meanwhile(runs: Any, control: Any, script: Script) -> None:
    script.say("RunInstances", {"Instances": [{"InstanceId": "i-1"}]})
    pending = statuses(("i-1", "pending", "not-applicable", "not-applicable"))
    script.say("DescribeInstanceStatus", pending, pending, statuses(("i-1", "shutting-down", "ok", "ok")))
    execution = runs.start(step("runInstances", ImageId=AMI))
    for _look in range(2):
        assert runs.step(execution, "act")["Outputs"] == {"InstanceIds": ["i-1"]}
        control.pass_time(5)
    assert "i-1 entered unexpected state: shutting-down" in failed_verification(runs, execution)
    assert runs.step(execution, "act")["Outputs"] == {"InstanceIds": ["i-1"]}


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"ImageId": ""}, "ImageId"),
        ({"MinInstanceCount": 0}, "MinInstanceCount"),
        ({"MaxInstanceCount": "many"}, "MaxInstanceCount"),
        ({"MaxInstanceCount": True}, "MaxInstanceCount"),
        ({"MinInstanceCount": "10", "MaxInstanceCount": "9"}, "MinInstanceCount"),
        ({"UserData": "#!/bin/sh"}, "Base64"),
        ({"UserData": "echo done"}, "Base64"),
        ({"UserData": 5}, "UserData"),
        ({"Monitoring": "often"}, "Monitoring"),
    ],
)
def test_inputs_of_run_instances(runs: Any, inputs: Any, reason: str) -> None:
    assert refused(runs, step("runInstances", **{"ImageId": "ami-1", **inputs}), reason)


# aws:createImage, aws:copyImage, aws:deleteImage


@pytest.mark.ledger("calls-15", "calls-17", "calls-18")
def test_an_image_is_made_copied_and_deleted(runs: Any, account: Any, ec2: Any, ids: list[str]) -> None:
    made = runs.start(
        step("createImage", InstanceId=ids[0], ImageName="base-{{ automation:EXECUTION_ID }}", ImageDescription="of it",
             NoReboot=True)
    )  # fmt: skip
    outputs = runs.step(made, "act")["Outputs"]
    assert (runs.status(made), outputs["ImageState"]) == ("Success", ["available"])
    [image] = outputs["ImageId"]
    [shown] = ec2.describe_images(ImageIds=[image])["Images"]
    assert (shown["Name"], shown["Description"]) == (f"base-{made}", "of it")

    inputs = {"SourceImageId": image, "SourceRegion": "eu-central-1", "ImageName": "copy"}
    copied = runs.start(step("copyImage", **inputs), members={"name": "Copy"})
    outputs = runs.step(copied, "act")["Outputs"]
    assert (runs.status(copied), outputs["ImageState"]) == ("Success", ["available"])
    assert ec2.describe_images(ImageIds=outputs["ImageId"])["Images"][0]["Name"] == "copy"

    snapshot = shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    deleted = runs.start(step("deleteImage", ImageId=image), members={"name": "Delete"})
    assert (runs.status(deleted), runs.step(deleted, "act").get("Outputs", {})) == ("Success", {})
    assert ec2.describe_images(ImageIds=[image])["Images"] == []
    with pytest.raises(ec2.exceptions.ClientError, match=r"InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[snapshot])


@pytest.mark.ledger("calls-15")
@pytest.mark.parametrize(
    ("action", "inputs"),
    [("createImage", {"InstanceId": "i-1"}), ("copyImage", {"SourceImageId": "ami-0", "SourceRegion": "eu-west-1"})],
)
@pytest.mark.parametrize(("last", "ended"), [("available", "Success"), ("failed", "Failed")])
def test_an_image_is_waited_for(
    runs: Any, control: Any, script: Script, action: str, inputs: Any, last: str, ended: str
) -> None:
    script.say(action[0].upper() + action[1:], {"ImageId": "ami-1"})
    script.say("DescribeImages", {"Images": []}, images("pending"), images("transient"), images(last))
    execution = runs.start(step(action, ImageName="copy", **inputs))
    for _look in range(3):
        assert (runs.status(execution), runs.step(execution, "act")["Outputs"]) == (
            "InProgress",
            {"ImageId": ["ami-1"]},
        )
        control.pass_time(5)
    assert runs.status(execution) == ended
    outputs = runs.step(execution, "act")["Outputs"]
    assert (outputs["ImageId"], outputs["ImageState"]) == (["ami-1"], [last])
    assert [call.parameters for call in script.calls[1:]] == 4 * [{"ImageIds": ["ami-1"]}]


def test_why_an_image_is_not_available(runs: Any, script: Script) -> None:
    script.say("CreateImage", {"ImageId": "ami-1"})
    script.say("DescribeImages", images("failed"))
    execution = runs.start(step("createImage", InstanceId="i-1", ImageName="base"))
    assert "ami-1 entered unexpected state: failed" in failed_verification(runs, execution)


MAPPING = {"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 1}}


@pytest.mark.parametrize("given", [MAPPING, [MAPPING]])
def test_block_devices_of_an_image_may_be_one_map(runs: Any, script: Script, given: Any) -> None:
    script.say("CreateImage", {"ImageId": "ami-1"})
    script.say("DescribeImages", images("available"))
    execution = runs.start(step("createImage", InstanceId="i-1", ImageName="base", BlockDeviceMappings=given))
    assert runs.status(execution) == "Success"
    assert script.calls[0].parameters == {"InstanceId": "i-1", "Name": "base", "BlockDeviceMappings": [MAPPING]}


@pytest.mark.ledger("calls-15", "calls-17")
@pytest.mark.parametrize(
    ("action", "inputs", "missing"),
    [
        ("createImage", {"InstanceId": "", "ImageName": "base"}, "InstanceId"),
        ("createImage", {"InstanceId": "i-1", "ImageName": ""}, "ImageName"),
        ("copyImage", {"ImageName": "copy", "SourceImageId": "ami-1", "SourceRegion": ""}, "SourceRegion"),
        ("copyImage", {"ImageName": "copy", "SourceImageId": "", "SourceRegion": "eu-west-1"}, "SourceImageId"),
        ("copyImage", {"ImageName": "", "SourceImageId": "ami-1", "SourceRegion": "eu-west-1"}, "ImageName"),
        ("deleteImage", {"ImageId": ""}, "ImageId"),
        ("deleteStack", {"StackName": ""}, "StackName"),
        ("createStack", {"StackName": "", "TemplateBody": "{}"}, "StackName"),
        ("createStack", {"StackName": "app"}, "either TemplateBody or TemplateURL"),
        ("createTags", {"ResourceIds": ["i-1"], "Tags": []}, "Tags"),
        ("createTags", {"ResourceIds": [], "Tags": [{"Key": "a", "Value": "1"}]}, "ResourceIds"),
    ],
)
def test_inputs_that_have_to_be_there(runs: Any, action: str, inputs: Any, missing: str) -> None:
    assert refused(runs, step(action, **inputs), missing)


@pytest.mark.ledger("calls-18")
def test_the_snapshots_of_an_image_are_deleted_after_it(runs: Any, script: Script) -> None:
    devices = [{"Ebs": {"SnapshotId": "snap-1"}}, {"VirtualName": "ephemeral0"}, {"Ebs": {"SnapshotId": "snap-2"}}]
    script.say("DescribeImages", {"Images": [{"ImageId": "ami-1", "BlockDeviceMappings": devices}]})
    script.say("DeregisterImage", {})
    script.say("DeleteSnapshot", {}, {})
    assert runs.status(runs.start(step("deleteImage", ImageId="ami-1"))) == "Success"
    assert [(call.operation, call.parameters) for call in script.calls] == [
        ("DescribeImages", {"ImageIds": ["ami-1"]}),
        ("DeregisterImage", {"ImageId": "ami-1"}),
        ("DeleteSnapshot", {"SnapshotId": "snap-1"}),
        ("DeleteSnapshot", {"SnapshotId": "snap-2"}),
    ]


@pytest.mark.ledger("calls-16")
def test_an_image_is_made_of_the_one_instance_that_was_launched(runs: Any, ec2: Any) -> None:
    launched = {**step("runInstances", ImageId=AMI), "name": "launch"}
    execution = runs.start(launched, step("createImage", InstanceId="{{ launch.InstanceIds }}", ImageName="base"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("calls-16")
def test_an_image_is_not_made_of_several_instances(runs: Any) -> None:
    parameters = {"Ids": {"type": "StringList", "default": ["i-1", "i-2"]}}
    execution = runs.start(
        step("createImage", InstanceId="{{ Ids }}", ImageName="base"), members={"parameters": parameters}
    )
    assert "InstanceId must be a string" in runs.step(execution, "act")["FailureMessage"]


def test_an_image_that_does_not_exist_cannot_be_deleted(runs: Any, script: Script) -> None:
    execution = runs.start(step("deleteImage", ImageId="ami-0123456789abcdef0"))
    assert runs.status(execution) == "Failed"
    assert "InvalidAMIID.NotFound" in runs.step(execution, "act")["FailureMessage"]
    assert script.operations == ["DescribeImages"]


# aws:createTags


@pytest.mark.ledger("calls-19")
@pytest.mark.parametrize("kind", [{}, {"ResourceType": "EC2"}])
def test_several_resources_of_ec2_are_tagged(runs: Any, ec2: Any, ids: list[str], kind: dict[str, str]) -> None:
    tags = [{"Key": "stage", "Value": "test"}, {"Key": "owner", "Value": "alice"}]
    execution = runs.start(step("createTags", ResourceIds=ids, Tags=tags, **kind))
    assert (runs.status(execution), runs.step(execution, "act").get("Outputs", {})) == ("Success", {})
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": ids}])["Tags"]
    assert sorted((tag["ResourceId"], tag["Key"], tag["Value"]) for tag in found) == sorted(
        (one, tag["Key"], tag["Value"]) for one in ids for tag in tags
    )


def test_a_parameter_is_tagged(runs: Any) -> None:
    runs.ssm.put_parameter(Name="stage", Value="test", Type="String")
    tags = [{"Key": "owner", "Value": "alice"}]
    execution = runs.start(step("createTags", ResourceType="Parameter", ResourceIds=["stage"], Tags=tags))
    assert runs.status(execution) == "Success"
    assert runs.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="stage")["TagList"] == tags


@pytest.mark.ledger("calls-19")
@pytest.mark.parametrize("kind", ["ManagedInstance", "MaintenanceWindow", "Parameter"])
def test_resources_of_systems_manager_are_tagged_by_its_own_operation(runs: Any, script: Script, kind: str) -> None:
    script.say("AddTagsToResource", {})
    tags = [{"Key": "owner", "Value": "alice"}]
    execution = runs.start(step("createTags", ResourceType=kind, ResourceIds=["one"], Tags=tags))
    assert runs.status(execution) == "Success"
    assert script.calls == [
        ApiCall("ssm", "AddTagsToResource", {"ResourceType": kind, "ResourceId": "one", "Tags": tags})
    ]


@pytest.mark.ledger("calls-19")
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"ResourceType": "Parameter", "ResourceIds": ["one", "two"]}, "one item only"),
        ({"ResourceType": "Bucket"}, "EC2, ManagedInstance, MaintenanceWindow, Parameter"),
        ({"ResourceType": 5}, "ResourceType"),
        ({"Tags": ["stage"]}, "Tags"),
    ],
)
def test_inputs_of_create_tags(runs: Any, inputs: Any, reason: str) -> None:
    asked = {"ResourceIds": ["one"], "Tags": [{"Key": "stage", "Value": "test"}], **inputs}
    assert refused(runs, step("createTags", **asked), reason)


def test_a_resource_that_does_not_exist_cannot_be_tagged(runs: Any) -> None:
    tags = [{"Key": "stage", "Value": "test"}]
    execution = runs.start(step("createTags", ResourceType="Parameter", ResourceIds=["none"], Tags=tags))
    assert runs.status(execution) == "Failed"
    assert "InvalidResourceId" in runs.step(execution, "act")["FailureMessage"]


# aws:createStack, aws:deleteStack


@pytest.mark.ledger("calls-20", "calls-22")
def test_a_stack_is_made_and_deleted(runs: Any, account: Any) -> None:
    cloudformation, sns = account.client("cloudformation"), account.client("sns")
    made = runs.start(step("createStack", StackName="app", TemplateBody=TEMPLATE))
    [stack] = cloudformation.describe_stacks(StackName="app")["Stacks"]
    outputs = runs.step(made, "act")["Outputs"]
    assert (runs.status(made), len(sns.list_topics()["Topics"])) == ("Success", 1)
    assert outputs == {"StackId": [stack["StackId"]], "StackStatus": ["CREATE_COMPLETE"]}

    deleted = runs.start(step("deleteStack", StackName="app"), members={"name": "Delete"})
    assert (runs.status(deleted), sns.list_topics()["Topics"]) == ("Success", [])
    assert runs.step(deleted, "act").get("Outputs", {}) == {}


def test_a_stack_has_parameters_and_tags(runs: Any, account: Any) -> None:
    template = {"Parameters": {"Run": {"Type": "String"}}, **json.loads(TEMPLATE)}
    inputs = {
        "TemplateBody": json.dumps(template),
        "Parameters": [{"ParameterKey": "Run", "ParameterValue": "{{ automation:EXECUTION_ID }}"}],
        "Tags": [{"Key": "stage", "Value": "test"}],
        "NotificationARNs": ["arn:aws:sns:eu-central-1:123456789012:told"],
        "OnFailure": "DELETE",
        "TimeoutInMinutes": "30",
    }
    execution = runs.start(step("createStack", StackName="app", **inputs))
    [stack] = account.client("cloudformation").describe_stacks(StackName="app")["Stacks"]
    assert stack["Parameters"] == [{"ParameterKey": "Run", "ParameterValue": execution}]
    assert (stack["Tags"], stack["NotificationARNs"]) == (inputs["Tags"], inputs["NotificationARNs"])


def test_a_stack_that_exists_is_not_made_again(runs: Any, account: Any) -> None:
    account.client("cloudformation").create_stack(StackName="app", TemplateBody=TEMPLATE)
    execution = runs.start(step("createStack", StackName="app", TemplateBody=TEMPLATE))
    assert runs.status(execution) == "Failed"
    assert "AlreadyExistsException" in runs.step(execution, "act")["FailureMessage"]


@pytest.mark.ledger("calls-20")
@pytest.mark.parametrize(
    ("last", "ended"),
    [
        ("CREATE_COMPLETE", "Success"),
        ("CREATE_FAILED", "Failed"),
        ("ROLLBACK_COMPLETE", "Failed"),
        ("ROLLBACK_FAILED", "Failed"),
        ("DELETE_COMPLETE", "Failed"),
    ],
)
def test_a_stack_is_waited_for(runs: Any, control: Any, script: Script, last: str, ended: str) -> None:
    script.say("CreateStack", {"StackId": "arn:stack"})
    script.say(
        "DescribeStacks",
        stacks("CREATE_IN_PROGRESS"),
        stacks("ROLLBACK_IN_PROGRESS"),
        stacks(last, StackStatusReason="because"),
    )
    execution = runs.start(step("createStack", StackName="app", TemplateBody=TEMPLATE))
    for _look in range(2):
        assert runs.step(execution, "act")["Outputs"] == {"StackId": ["arn:stack"]}
        assert runs.status(execution) == "InProgress"
        control.pass_time(5)
    outputs = {"StackId": ["arn:stack"], "StackStatus": [last], "StackStatusReason": ["because"]}
    assert (runs.status(execution), runs.step(execution, "act")["Outputs"]) == (ended, outputs)
    assert script.calls[-1].parameters == {"StackName": "arn:stack"}


@pytest.mark.parametrize(
    ("members", "shown"), [({}, "CREATE_FAILED."), ({"StackStatusReason": "because"}, "CREATE_FAILED (because).")]
)
def test_why_a_stack_is_not_complete(runs: Any, script: Script, members: Any, shown: str) -> None:
    script.say("CreateStack", {"StackId": "arn:stack"})
    script.say("DescribeStacks", stacks("CREATE_FAILED", **members))
    execution = runs.start(step("createStack", StackName="app", TemplateBody=TEMPLATE))
    assert f"Stack app entered unexpected state: {shown}" in failed_verification(runs, execution)


@pytest.mark.ledger("calls-22")
def test_a_stack_that_is_being_deleted_is_waited_for(runs: Any, control: Any, script: Script) -> None:
    script.say("DeleteStack", {})
    script.say("DescribeStacks", stacks("CREATE_COMPLETE"), stacks("DELETE_IN_PROGRESS"), stacks("DELETE_COMPLETE"))
    execution = runs.start(step("deleteStack", StackName="app"))
    for _look in range(2):
        assert runs.status(execution) == "InProgress"
        control.pass_time(5)
    assert runs.status(execution) == "Success"


def test_a_stack_that_cannot_be_deleted_fails_the_step(runs: Any, script: Script) -> None:
    script.say("DeleteStack", {})
    script.say("DescribeStacks", stacks("DELETE_FAILED", StackStatusReason="in use"))
    execution = runs.start(step("deleteStack", StackName="app"))
    assert "DELETE_FAILED (in use)" in failed_verification(runs, execution)


@pytest.mark.parametrize(
    ("code", "message"), [("ValidationError", "StackName is odd"), ("AccessDenied", "The role does not exist")]
)
def test_a_stack_that_cannot_be_looked_at_fails_the_step(runs: Any, script: Script, code: str, message: str) -> None:
    script.say("DeleteStack", {})
    script.say("DescribeStacks", ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks"))
    execution = runs.start(step("deleteStack", StackName="app"))
    assert runs.status(execution) == "Failed"
    assert message in runs.step(execution, "act")["FailureMessage"]


def test_a_stack_that_is_not_there_is_deleted(runs: Any) -> None:
    assert runs.status(runs.start(step("deleteStack", StackName="none"))) == "Success"


@pytest.mark.ledger("calls-22")
def test_resources_of_a_stack_can_be_retained(runs: Any, script: Script) -> None:
    script.say("DeleteStack", {})
    retained = {f"RetainResources.member.{number}": f"R{number}" for number in (10, 2, 1)}
    execution = runs.start(step("deleteStack", StackName="app", RoleARN="arn:role", **retained))
    assert runs.status(execution) == "Success"
    assert script.calls[0].parameters == {
        "StackName": "app",
        "RoleARN": "arn:role",
        "RetainResources": ["R1", "R2", "R10"],
    }


@pytest.mark.ledger("calls-21")
@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"TemplateURL": "https://bucket/key"}, "TemplateBody and TemplateURL exclude each other"),
        ({"OnFailure": "DELETE", "DisableRollback": False}, "OnFailure and DisableRollback exclude each other"),
        ({"StackPolicyBody": "{}", "StackPolicyURL": "https://bucket/key"}, "exclude each other"),
        ({"Tags": [{"Key": str(number), "Value": ""} for number in range(11)]}, "Tags has at most 10"),
        ({"NotificationARNs": 6 * ["arn"]}, "NotificationARNs has at most 5"),
        ({"TemplateBody": 51201 * " "}, "51200 bytes"),
    ],
)
def test_inputs_of_create_stack(runs: Any, inputs: Any, reason: str) -> None:
    assert refused(runs, step("createStack", **{"StackName": "app", "TemplateBody": TEMPLATE, **inputs}), reason)


@pytest.mark.ledger("calls-21")
def test_as_much_as_create_stack_takes(runs: Any, script: Script) -> None:
    script.say("CreateStack", {"StackId": "arn:stack"})
    script.say("DescribeStacks", stacks("CREATE_COMPLETE"))
    inputs = {"TemplateBody": 51200 * " ", "Tags": 10 * [{"Key": "a", "Value": ""}], "NotificationARNs": 5 * ["arn"]}
    assert runs.status(runs.start(step("createStack", StackName="app", **inputs))) == "Success"


def test_a_template_may_be_elsewhere(runs: Any, script: Script) -> None:
    script.say("CreateStack", {"StackId": "arn:stack"})
    script.say("DescribeStacks", stacks("CREATE_COMPLETE"))
    execution = runs.start(step("createStack", StackName="app", TemplateURL="https://bucket/key"))
    assert runs.status(execution) == "Success"
    assert script.calls[0].parameters == {"StackName": "app", "TemplateURL": "https://bucket/key"}


@pytest.mark.parametrize("inputs", [{"Tags": 5}, {"Parameters": "none"}])
def test_inputs_of_another_kind_fail_the_step(runs: Any, inputs: Any) -> None:
    execution = runs.start(step("createStack", StackName="app", TemplateBody=TEMPLATE, **inputs))
    assert runs.status(execution) == "Failed"
    assert "ParamValidationError" in runs.step(execution, "act")["FailureMessage"]
