# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Just-in-time access: a policy's levels are asked in turn, an OpsItem leads to the execution, a token to the node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

HOUR = 3600
# An image that every account of moto's has.
AMI = "ami-12c6146b"


def level(*users: str, name: str = "ManualApproval", needed: int = 1, **members: Any) -> dict[str, Any]:
    approvers = [{"approver": user, "type": "IamUser"} for user in users]
    inputs = {
        "Message": "Please approve",
        "MinRequiredApprovals": needed,
        "EnhancedApprovals": {"Approvers": approvers},
    }
    return {"name": name, "action": "aws:approve", "timeoutSeconds": 7 * 24 * HOUR, "inputs": inputs, **members}


@dataclass
class Desk:
    """Where access is asked for: policies, a node, a requester and what became of the request."""

    account: Any
    runs: Any
    requester: Any
    node: str

    def policy(
        self, *levels: dict[str, Any], name: str = "Shop", targets: Any = None, **members: Any
    ) -> dict[str, Any]:
        content = {
            "schemaVersion": "0.3",
            "accessDuration": 24 * HOUR,
            "accessTokenRole": "SSM-JustInTimeAccessTokenRole",
            "targets": targets or [{"Key": "tag:Workload", "Values": ["shop"]}],
            "mainSteps": list(levels),
            **members,
        }
        made: dict[str, Any] = self.runs.ssm.create_document(
            Name=name, DocumentType="ManualApprovalPolicy", Content=json.dumps(content)
        )
        return made

    def ask(self, **members: Any) -> str:
        targets = [{"Key": "InstanceIds", "Values": [self.node]}]
        asked = {"Reason": "look at a disk", "Targets": targets, **members}
        return str(self.requester.start_access_request(**asked)["AccessRequestId"])

    def item(self, request: str) -> dict[str, Any]:
        found: dict[str, Any] = self.runs.ssm.get_ops_item(OpsItemId=request)["OpsItem"]
        return found

    def execution(self, request: str) -> str:
        about = json.loads(self.item(request)["OperationalData"]["/aws/accessrequest"]["Value"])
        return str(about["automationExecutionId"])

    def token(self, request: str) -> dict[str, Any]:
        found: dict[str, Any] = self.requester.get_access_token(AccessRequestId=request)
        return found

    def states(self, request: str) -> tuple[str, str, str]:
        """The status of execution, OpsItem and token."""
        execution = self.runs.status(self.execution(request))
        return execution, self.item(request)["Status"], self.token(request)["AccessRequestStatus"]


def node(account: Any, **tags: str) -> str:
    ec2 = account.client("ec2")
    made = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return str(made)


@pytest.fixture
def desk(account: Any, runs: Any) -> Desk:
    return Desk(account, runs, account.user("requester"), node(account, Workload="shop"))


def code(caught: Any) -> str:
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.ledger("access-1", "access-2", "access-3", "access-6", "access-8", "access_request_statuses=request")
def test_from_the_request_to_the_token(desk: Desk, account: Any, control: Any) -> None:
    assert desk.policy(level("approver"))["DocumentDescription"]["DocumentType"] == "ManualApprovalPolicy"
    request = desk.ask()
    assert desk.states(request) == ("PendingApproval", "PendingApproval", "Pending")
    execution = desk.runs.get(desk.execution(request))
    assert (execution["AutomationSubtype"], execution["OpsItemId"]) == ("AccessRequest", request)
    step = desk.runs.step(desk.execution(request), "ManualApproval")
    assert (step["StepStatus"], "Approvers" in step["Inputs"]) == ("Waiting", False)
    assert json.loads(step["Inputs"]["EnhancedApprovals"])["Approvers"][0]["approver"] == "approver"
    desk.runs.signal(desk.execution(request), "Approve", account.user("approver"))
    assert desk.states(request) == ("Approved", "Approved", "Approved")
    credentials = desk.token(request)["Credentials"]
    keys = {"access_key": credentials["AccessKeyId"], "secret_key": credentials["SecretAccessKey"]}
    session = account.client("sts", {**keys, "session_token": credentials["SessionToken"]})
    assert "assumed-role/SSM-JustInTimeAccessTokenRole/" in session.get_caller_identity()["Arn"]
    control.pass_time(24 * HOUR)
    found = desk.token(request)
    assert (found["AccessRequestStatus"], "Credentials" in found) == ("Expired", False)


@pytest.mark.ledger("access-3")
def test_what_an_ops_item_says(desk: Desk, account: Any) -> None:
    desk.policy(level("approver"))
    request = desk.ask()
    desk.runs.signal(desk.execution(request), "Approve", account.user("approver"))
    item = desk.item(request)
    assert (item["OpsItemType"], item["Source"]) == ("/aws/accessrequest", "aws.ssm")
    assert item["OpsItemArn"] == f"arn:aws:ssm:eu-central-1:123456789012:opsitem/{request}"
    assert item["CreatedBy"] == "arn:aws:iam::123456789012:user/requester"
    data = {name: one["Value"] for name, one in item["OperationalData"].items()}
    assert data["/aws/accessrequest/approvaldetails"] == "look at a disk"
    assert data["/aws/accessrequest/accessduration"] == "PT86400S"
    assert json.loads(data["/aws/accessrequest/context"]) == {
        "targets": {"instanceId": f"arn:aws:ec2:eu-central-1:123456789012:instance/{desk.node}"},
        "accessTokenRole": "SSM-JustInTimeAccessTokenRole",
    }
    about = json.loads(data["/aws/accessrequest"])
    assert (about["approvalPolicy"], about["approvalPolicyVersion"]) == ("Shop", "1")
    assert about["requester"]["arn"] == "arn:aws:iam::123456789012:user/requester"


@pytest.mark.ledger("access-4")
def test_levels_are_asked_in_turn(desk: Desk, account: Any) -> None:
    first, second = account.user("first"), account.user("second")
    desk.policy(level("first", name="Team"), level("second", name="Security"))
    execution = desk.execution(desk.ask())
    with pytest.raises(ClientError) as caught:
        desk.runs.signal(execution, "Approve", second)
    assert code(caught) == "InvalidAutomationSignalException"
    desk.runs.signal(execution, "Approve", first)
    assert desk.runs.status(execution) == "PendingApproval"
    assert desk.runs.get(execution)["CurrentStepName"] == "Security"
    desk.runs.signal(execution, "Approve", second)
    assert desk.runs.status(execution) == "Approved"


@pytest.mark.ledger("access-4")
def test_a_rejection_at_any_level_ends_it(desk: Desk, account: Any) -> None:
    desk.policy(level("first", name="Team"), level("second", name="Security"))
    request = desk.ask()
    desk.runs.signal(desk.execution(request), "Approve", account.user("first"))
    desk.runs.signal(desk.execution(request), "Reject", account.user("second"))
    assert desk.states(request) == ("Rejected", "Rejected", "Rejected")


@pytest.mark.ledger("access-5", "access-6", "requests-5")
def test_an_approval_can_be_revoked_by_an_approver(desk: Desk, account: Any) -> None:
    approver = account.user("approver")
    desk.policy(level("approver"))
    request = desk.ask()
    desk.runs.signal(desk.execution(request), "Approve", approver)
    with pytest.raises(ClientError) as caught:
        desk.runs.signal(desk.execution(request), "Revoke", desk.requester)
    assert code(caught) == "InvalidAutomationSignalException"
    desk.runs.signal(desk.execution(request), "Revoke", approver)
    assert desk.states(request) == ("Cancelled", "Revoked", "Revoked")


@pytest.mark.ledger("access_request_statuses=run")
def test_an_execution_may_show_the_run_that_it_is(desk: Desk, account: Any, control: Any) -> None:
    control.choose(access_request_statuses="run")
    approver = account.user("approver")
    desk.policy(level("approver"))
    request, other = desk.ask(), desk.ask()
    assert desk.states(request) == ("Waiting", "PendingApproval", "Pending")
    desk.runs.signal(desk.execution(request), "Approve", approver)
    assert desk.states(request) == ("Success", "Approved", "Approved")
    desk.runs.signal(desk.execution(request), "Revoke", approver)
    assert desk.states(request)[1:] == ("Revoked", "Revoked")
    desk.runs.signal(desk.execution(other), "Reject", approver)
    assert desk.states(other) == ("Failed", "Rejected", "Rejected")


@pytest.mark.ledger("access-7", "requests-6")
@pytest.mark.parametrize(("end", "status"), [("stop", "Cancelled"), ("time", "TimedOut")])
def test_a_request_that_nobody_decides(desk: Desk, control: Any, end: str, status: str) -> None:
    desk.policy(level("approver"))
    request = desk.ask()
    if end == "stop":
        desk.requester.stop_automation_execution(AutomationExecutionId=desk.execution(request))
    else:
        control.pass_time(7 * 24 * HOUR)
    assert desk.states(request) == (status, status, "Expired")


@pytest.mark.ledger("access-9")
def test_executions_are_found_by_tag_and_ops_item(desk: Desk) -> None:
    desk.policy(level("approver"))
    request = desk.ask()
    tags = desk.runs.ssm.list_tags_for_resource(ResourceType="Automation", ResourceId=desk.execution(request))
    assert tags["TagList"] == [{"Key": "SystemsManagerJustInTimeNodeAccessManaged", "Value": "true"}]
    for name, value in (("OpsItemId", request), ("AutomationSubtype", "AccessRequest")):
        found = desk.runs.ssm.describe_automation_executions(Filters=[{"Key": name, "Values": [value]}])
        ids = [one["AutomationExecutionId"] for one in found["AutomationExecutionMetadataList"]]
        assert ids == [desk.execution(request)]


@pytest.mark.ledger("access-10")
def test_a_policy_for_a_tag_comes_before_one_for_all_nodes(desk: Desk) -> None:
    desk.policy(level("anybody"), name="Everything", targets=[{"Key": "InstanceIds", "Values": ["*"]}])
    assert desk.runs.get(desk.execution(desk.ask()))["DocumentName"] == "Everything"
    desk.policy(level("approver"), name="Tagged")
    assert desk.runs.get(desk.execution(desk.ask()))["DocumentName"] == "Tagged"


@pytest.mark.ledger("access-10", "access-11")
def test_several_policies_for_a_node_make_the_request_fail(desk: Desk) -> None:
    desk.policy(level("one"), name="One")
    desk.policy(level("two"), name="Two")
    request = desk.ask()
    assert (desk.item(request)["Status"], desk.execution(request)) == ("Failed", "")
    assert desk.token(request)["AccessRequestStatus"] == "Rejected"


@pytest.mark.ledger("access-10")
def test_no_policy_no_request(desk: Desk) -> None:
    desk.policy(level("approver"), targets=[{"Key": "tag:Workload", "Values": ["bank"]}])
    with pytest.raises(ClientError) as caught:
        desk.ask()
    assert code(caught) == "ResourceNotFoundException"


@pytest.mark.ledger("access-1", "access-12")
@pytest.mark.parametrize(
    "targets",
    [
        [],
        [{"Key": "tag:Workload", "Values": ["shop"]}],
        [{"Key": "InstanceIds", "Values": ["i-1", "i-2"]}],
        [{"Key": "InstanceIds", "Values": ["i-1"]}] * 6,
    ],
)
def test_a_request_is_for_one_node(desk: Desk, targets: Any) -> None:
    desk.policy(level("approver"))
    with pytest.raises(ClientError) as caught:
        desk.ask(Targets=targets)
    assert code(caught) == "ValidationException"


@pytest.mark.ledger("access-8", "access-12")
def test_what_is_not_there_and_whose_it_is(desk: Desk, account: Any) -> None:
    desk.policy(level("approver"))
    request, unknown = desk.ask(), "oi-0123456789ab"
    asked = [
        (lambda: desk.ask(Targets=[{"Key": "InstanceIds", "Values": ["i-0"]}]), "ResourceNotFoundException"),
        (lambda: desk.token(unknown), "ResourceNotFoundException"),
        (lambda: desk.item(unknown), "OpsItemNotFoundException"),
        (lambda: account.user("somebody").get_access_token(AccessRequestId=request), "AccessDeniedException"),
    ]
    for ask, expected in asked:
        with pytest.raises(ClientError) as caught:
            ask()
        assert code(caught) == expected


@pytest.mark.ledger("access-2")
@pytest.mark.parametrize(
    "wrong",
    [
        {"accessDuration": HOUR - 1},
        {"accessDuration": 336 * HOUR + 1},
        {"accessDuration": "1h"},
        {"accessDuration": None},
        {"targets": [{"Key": "tag:Workload"}]},
        {"targets": ["shop"]},
        {"mainSteps": [level("approver", name=f"Level{number}") for number in range(6)]},
        {"mainSteps": [level(*(f"approver{number}" for number in range(6)))]},
        {"mainSteps": [{"name": "approve", "action": "aws:approve", "inputs": {"Approvers": ["approver"]}}]},
        {"mainSteps": [{"name": "pause", "action": "aws:pause", "inputs": {}}]},
    ],
)
def test_a_policy_that_is_none(desk: Desk, wrong: Any) -> None:
    with pytest.raises(ClientError) as caught:
        desk.policy(**{"name": "Wrong", **wrong}) if "mainSteps" in wrong else desk.policy(level("approver"), **wrong)
    assert code(caught) == "InvalidDocumentContent"


@pytest.mark.ledger("access-2")
def test_a_new_version_of_a_policy(desk: Desk) -> None:
    desk.policy(level("approver"))
    content = json.loads(desk.runs.ssm.get_document(Name="Shop")["Content"])
    with pytest.raises(ClientError) as caught:
        desk.runs.ssm.update_document(Name="Shop", Content=json.dumps({**content, "accessDuration": 1}))
    assert code(caught) == "InvalidDocumentContent"
    changed = json.dumps({**content, "accessDuration": HOUR})
    desk.runs.ssm.update_document(Name="Shop", Content=changed, DocumentVersion="$LATEST")
    desk.runs.ssm.update_document_default_version(Name="Shop", DocumentVersion="2")
    data = desk.item(desk.ask())["OperationalData"]
    assert data["/aws/accessrequest/accessduration"]["Value"] == "PT3600S"


@pytest.mark.ledger("notifications-7", "notifications-8", "access-11")
def test_what_requests_tell(desk: Desk, account: Any) -> None:
    sqs, bridge = account.client("sqs"), account.client("events")
    queue = sqs.create_queue(QueueName="requests")["QueueUrl"]
    kinds = [f"{who} Access Request Status Update" for who in ("Requester", "Approver")]
    pattern = {"source": ["aws.ssm"], "detail-type": [*kinds, "JITNA Access Request Failed"]}
    bridge.put_rule(Name="requests", EventPattern=json.dumps(pattern))
    arn = "arn:aws:sqs:eu-central-1:123456789012:requests"
    bridge.put_targets(Rule="requests", Targets=[{"Id": "queue", "Arn": arn}])
    desk.policy(level("approver"))
    request = desk.ask()
    execution = desk.execution(request)
    desk.runs.signal(execution, "Approve", account.user("approver"))
    desk.policy(level("another"), name="Another")
    failed = desk.ask()
    got: list[dict[str, Any]] = []
    while len(got) < 5:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1, WaitTimeSeconds=5)
        assert found.get("Messages"), got
        got += [json.loads(one["Body"]) for one in found["Messages"]]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["Messages"][0]["ReceiptHandle"])
    *of_request, of_failed = got
    assert {tuple(one["resources"]) for one in of_request} == {
        (f"arn:aws:ssm:eu-central-1:123456789012:automation-execution/{execution}",)
    }
    requester, approvers = ([one["detail"] for one in of_request if one["detail-type"] == kind] for kind in kinds)
    assert [one["AccessRequestStatus"] for one in requester] == ["PendingApproval", "Approved"]
    assert [one["AccessRequestApprovalLevelStatus"] for one in approvers] == ["PendingApproval", "Approved"]
    common = {"ExecutionId", "OpsItemId", "StartTime", "TargetResourceArn", "Title", "Requester"}
    assert set(requester[0]) == {*common, "AccessRequestStatus"}
    assert set(approvers[0]) == {
        *common,
        "AccessRequestApprovalLevelStatus",
        "StepName",
        "RequestReason",
        "Approvers",
    }
    assert (approvers[0]["Approvers"], approvers[0]["RequestReason"]) == (["approver"], "look at a disk")
    assert (of_failed["detail"]["OpsItemId"], of_failed["detail"]["ApplicablePolicies"]) == (
        failed,
        ["Shop", "Another"],
    )
